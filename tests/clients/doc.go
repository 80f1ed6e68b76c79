// Package clients fills registries with what real clients make, and looks whether
// `registry verify` finds them clean, quick and full: nobody wrote wrong bytes, so each
// finding would be a false one. Then every file is stored twice over, and each has to be
// found, as one finding, and to be mended. `make clients` builds both sides and runs it.
//
// The clients that are written in Go are tools of this module, at the versions of its
// go.mod; skopeo, buildah and podman are the system's. A module of its own, since those
// tools need ten times the modules that the registry does.
package clients
