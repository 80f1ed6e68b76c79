// Package history records what the clients of a storage driver did and what
// came of it, and checks that it was right.
//
// A History holds the operations on the driver's surface, each with the time
// of its call and of its return, and the changes that the storage saw, each
// with its time. Check looks for what must never be. It is a pure function.
//
// # The outcome of an operation
//
// An operation that returned nil is acknowledged: it took effect at one moment
// between its call and its return. One that returned an error may have taken
// effect or not; it may still do so later, but only as long as nothing newer
// was acknowledged.
//
// An exception is inherent in the service: a request to create a blob that is
// carried out late, or twice, finds its condition fulfilled again after the blob
// was deleted. So a path that is empty may come to hold again what an earlier
// operation stored there. It can never take the place of anything.
//
// Another is inherent too: a copy empties its destination until it is complete.
// A Move may do so with what it replaces by something else, and if it fails that
// is lost; where the destination holds what is to be moved it must stay.
//
// # What is checked
//
//   - Every change is the effect of some operation that was called before it,
//     and of none that is older than an acknowledged one which it undoes.
//   - An acknowledged write was stored at a moment while it was under way, an
//     acknowledged delete left nothing that was there before.
//   - Every read gave one version, whole, that was stored at a moment during the
//     read, also if the read broke off; "not found" means that there was a
//     moment without a complete blob. The destination of a copy that is
//     pending, failed or aborted is not there.
//   - An upload holds a prefix of its stream as long as it is written to. After
//     an acknowledged Close it holds all that was written, after an acknowledged
//     Commit just that.
package history
