// Package verify tests the registry's verify and repair commands end to end: the
// binary, over Azurite and the filesystem, on registries that an old-style writer
// damaged.
package verify
