package verify

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// place is a storage that the tests run on.
type place struct {
	name string
	// make returns an empty registry, and the storage section that leads to it.
	make func(t testing.TB) (*verifytest.Registry, string)
}

var places = []place{
	{"filesystem", func(t testing.TB) (*verifytest.Registry, string) {
		root := t.TempDir()
		driver := filesystem.New(filesystem.DriverParameters{RootDirectory: root, MaxThreads: 100})
		return verifytest.New(t, driver, verifytest.NewWriter(driver)), fmt.Sprintf("filesystem: {rootdirectory: %q}", root)
	}},
	{"azure", func(t testing.TB) (*verifytest.Registry, string) {
		a := verifytest.NewAzure(t)
		return verifytest.New(t, a.Driver, a), azureSection(a, a.Server.URL)
	}},
}

// azureSection is the storage section for a container, at a URL that leads to it.
func azureSection(a *verifytest.Azure, url string) string {
	return fmt.Sprintf("azure: {accountname: %s, accountkey: %q, serviceurl: %q, container: %s}",
		a.Server.Account, a.Server.Key, url, a.Container)
}

// everywhere runs a test on each storage, beside other tests: most of the time each
// waits for what may be a push under way to end.
func everywhere(t *testing.T, test func(t *testing.T, r *verifytest.Registry, storage string)) {
	t.Parallel()
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			r, storage := p.make(t)
			test(t, r, storage)
		})
	}
}

// configuration writes a configuration file. addr is where serve listens.
func configuration(t *testing.T, storage, addr string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil,
		"version: 0.1\nlog: {level: warn, accesslog: {disabled: true}}\nstorage: {%s, delete: {enabled: true}, maintenance: {uploadpurging: {enabled: false}}}\nhttp: {addr: %q}\n",
		storage, addr), 0o600))
	return path
}
