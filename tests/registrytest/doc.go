// Package registrytest builds the registry's binary once per test binary, and runs it on a
// container of Azurite with the fault proxy in between.
//
//	func TestMain(m *testing.M) { registrytest.Main(m) }
//
//	func TestSomething(t *testing.T) {
//		storage := registrytest.NewStorage(t)
//		r := registrytest.Start(t, registrytest.Options{Azure: storage.Azure(nil)})
//		... // r.URL(), r.Log, storage.Arm(...), storage.Direct
//	}
//
// Replicas are registries on one storage: all of them sign with the same secret.
package registrytest
