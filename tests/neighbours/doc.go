// Package neighbours holds no code. Its tests run the registry's binary next to whatever else
// has a hand on its storage: another writer, somebody who deletes, an administrator who
// revokes, a clock that is wrong, a service that throttles or is full.
//
// Each ends in the right bytes, or in an error that names the operation and the blob and no secret; and
// the registry goes on, without a restart, when the neighbour has gone.
package neighbours
