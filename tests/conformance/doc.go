// Package conformance runs the OCI's conformance suite for registries against our binary and pristine
// upstream's, each on a container of Azurite. Ours passes whatever upstream's passes, and fails exactly what
// testdata/known-failures.txt lists: the referrers API, which upstream lacks, most of sha512, and manifests
// whose non-distributable layers aren't stored.
//
// The suite's version is tools/conformance's, a module of its own. Its reports, with every request and answer,
// stay in build/conformance.
//
//	make conformance
//	make conformance CONFORMANCE=-conformance.update   # write the list anew
package conformance
