// Package verify finds what is damaged in a registry's storage, over any
// storage driver, without writing anything and while the registry serves.
//
// A quick run lists the storage once and reads each manifest once; sizes and
// structure betray what the Azure driver's old bug left behind: a layer longer
// than its descriptor, a link or manifest stored twice over, an empty blob. A
// full run reads and hashes every blob as well.
//
// Where to look:
//
//	layout/       what a storage path holds
//	unrepeat/     finding the repeated blocks of a damaged blob
//	repair/       mending, quarantine and undo
//	adopt/        what is under the other root prefix
//	report/       tables, JSON and progress
//	command/      the commands verify, repair and adopt of the binary
//	verifytest/   damaged registries for tests, made by an old-style writer
//
//	verify.go     Run: the order of the checks
//	snapshot.go   the listing
//	images.go     manifests are read, manifest.go: and parsed
//	sizes.go      blobs against descriptors
//	links.go      link files, alias.go: those that bytes must prove
//	tags.go       tags; structure.go: uploads and the rest
//	elsewhere.go  a registry under the other root prefix
//	members.go    what a repository should link; version.go: the state of a file
//	confirm.go    the second look; cause.go: one finding for one cause
//	reach.go      whom a finding reaches
//	hash.go       the full run; reading.go: one blob, in ranges if it is large;
//	checkpoint.go resuming it
package verify
