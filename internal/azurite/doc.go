// Package azurite runs the blob service of Azurite, Microsoft's storage
// emulator, for tests and for trying the registry out on one machine.
//
//	func TestSomething(t *testing.T) {
//		srv := azurite.Shared(t)          // one server for the whole test binary
//		container := srv.NewContainer(t)  // fresh, empty, named at random
//		...                               // srv.URL, srv.Account, srv.Key
//	}
//
// [Shared] gives the cheapest server: plain HTTP, in memory, started once. [ForTest]
// starts one for a single test and takes [Options] (HTTPS, token credentials,
// a data folder that outlives the server, a fixed port). [Start] is for
// programs: the caller stops the server.
//
// The first start on a machine installs Azurite with npm, at the versions that
// package-lock.json beside this file pins; see [Install]. Node.js 20 or later
// and npm must be on the PATH.
//
// A server listens on 127.0.0.1 only, and it ends when the process that started it
// ends, however that happens: see exit-with-parent.cjs.
//
// What differs from the real service, as far as this project has found:
//
//   - Any x-ms-version is accepted (--skipApiVersionCheck).
//   - x-ms-content-crc64 is ignored (--loose; without it, Azurite answers 500
//     FeatureNotSupported); Content-MD5 is checked.
//   - A block blob may replace an append blob. Azure answers 409 InvalidBlobType.
//   - A copy is never pending. A copied append blob shares its list of blocks
//     with its source: append to neither after a copy.
//   - Put Blob From URL answers 501.
//   - Token credentials need HTTPS.
//
// Package faultproxy, put in front of a server, shows some of what this one can't.
package azurite
