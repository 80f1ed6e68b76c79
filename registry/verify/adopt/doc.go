// Package adopt brings together what two versions of the registry wrote into one
// container: version 2 began the names of its blobs with a slash, version 3 doesn't
// unless it is told to, and neither sees what the other one wrote.
//
// Everything is moved inside the storage, file by file, onto names where there is
// nothing, or where the same condition holds that was looked at. It goes in the
// order in which a push writes: blobs, links to them, manifests, what tags have
// named, tags. So whatever can be asked for has what it needs, at any moment and
// after any interruption, and running it again goes on. Where something can't be
// brought, the links and tags of the repositories that name it stay where they are.
//
// What is here already stays as it is, except for a tag that is older than the one
// that is brought. Links that are here already are deleted there, so that no later
// run brings back what is deleted here in between; layers that are here already are
// left there.
//
//	adopt.go   Run: the order; decide.go: what is done with one file
package adopt
