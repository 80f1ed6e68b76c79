// Command bench measures this project's azure driver and upstream's side by
// side: the same work, each in a process of its own, in one run, through one
// proxy with set latency and bandwidth. It prints a table with the limit that
// these allow, writes it as JSON, and draws it as an SVG.
//
//	go run ./bench              about ten minutes
//	go run ./bench -full        larger uploads, garbage collection of 20,000 images
//	go run ./bench -only push   the work whose name matches
//
//	work.go     what is measured           client.go, images.go   clients of a registry
//	trial.go    one work with one driver   seed.go                a registry to clean up
//	result.go   the table and the JSON     chart.go               the SVG
//	replica/    the processes              sink/                  a Blob endpoint
//	ours/, upstream/  the two binaries     counts_test.go         limits on requests
package main
