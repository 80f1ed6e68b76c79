// Package soak holds no code. Its test has several clients push and pull images through two
// replicas of the registry's binary, behind a load balancer that gives each request to
// the next, while the fault proxy strikes a share of what the replicas ask of the storage.
// The clients never try again by themselves.
//
// In the end every image that was acknowledged is pulled without faults and compared byte for byte,
// and every tag is one that its only writer could have left.
//
// A short run is part of the tests. `make soak-traffic` makes one of ten minutes, which is some 1,500
// pushes on two cores: enough to tell whether more than one in a thousand fails. Most of the time
// of a push goes by in stalls, each of which costs a try_timeout; so there are many clients. The flags
// in traffic_test.go say what else can be set.
package soak
