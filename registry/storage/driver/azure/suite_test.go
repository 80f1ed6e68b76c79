package azure

import (
	"os"
	"strconv"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/testsuites"
)

// account is the storage account that the tests of this folder run against, as
// the environment variables of upstream's azure tests describe it. Without one
// the test is skipped, as those are.
func account(tb testing.TB) *DriverParameters {
	tb.Helper()
	for _, name := range []string{"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_SERVICE_URL"} {
		if os.Getenv(name) == "" {
			tb.Skipf("%s is not set: there is no storage account to test against", name)
		}
	}
	p := &DriverParameters{
		AccountName:   os.Getenv("AZURE_STORAGE_ACCOUNT_NAME"),
		AccountKey:    os.Getenv("AZURE_STORAGE_ACCOUNT_KEY"),
		Container:     os.Getenv("AZURE_STORAGE_CONTAINER"),
		ServiceURL:    os.Getenv("AZURE_SERVICE_URL"),
		RootDirectory: os.Getenv("AZURE_ROOT_DIRECTORY"),
		Credentials:   Credentials{Type: CredentialsType(os.Getenv("AZURE_STORAGE_CREDENTIALS_TYPE"))},
	}
	p.SkipVerify, _ = strconv.ParseBool(os.Getenv("AZURE_SKIP_VERIFY"))
	return p
}

// driverAt is the inner driver for an account.
func driverAt(tb testing.TB, p *DriverParameters) *driver {
	tb.Helper()
	outer, err := New(tb.Context(), p)
	if err != nil {
		tb.Fatal(err)
	}
	return outer.StorageDriver.(*driver)
}

// TestDriverSuite runs upstream's testsuite.
func TestDriverSuite(t *testing.T) {
	p := account(t)
	testsuites.Driver(t, func() (storagedriver.StorageDriver, error) {
		return New(t.Context(), p)
	}, p.SkipVerify)
}

// BenchmarkDriverSuite runs upstream's benchmarks.
func BenchmarkDriverSuite(b *testing.B) {
	p := account(b)
	testsuites.BenchDriver(b, func() (storagedriver.StorageDriver, error) {
		return New(b.Context(), p)
	})
}
