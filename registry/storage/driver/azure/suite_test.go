package azure

import (
	"cmp"
	"os"
	"strconv"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/testsuites"
)

// account is the storage account that the tests of this folder run against, as
// the environment variables of upstream's azure tests describe it. Without one
// a test is skipped on a developer's machine and fails in CI.
func account(tb testing.TB) *DriverParameters {
	tb.Helper()
	p := &DriverParameters{
		AccountName:   os.Getenv("AZURE_STORAGE_ACCOUNT_NAME"),
		AccountKey:    os.Getenv("AZURE_STORAGE_ACCOUNT_KEY"),
		Container:     os.Getenv("AZURE_STORAGE_CONTAINER"),
		ServiceURL:    os.Getenv("AZURE_SERVICE_URL"),
		RootDirectory: os.Getenv("AZURE_ROOT_DIRECTORY"),
		Credentials:   Credentials{Type: CredentialsType(os.Getenv("AZURE_STORAGE_CREDENTIALS_TYPE"))},
	}
	p.SkipVerify, _ = strconv.ParseBool(os.Getenv("AZURE_SKIP_VERIFY"))
	if cmp.Or(p.AccountName, p.ServiceURL) != "" {
		return p
	}
	const missing = "AZURE_STORAGE_ACCOUNT_NAME and AZURE_SERVICE_URL name no storage account to test against"
	if os.Getenv("CI") != "" {
		tb.Fatal(missing)
	}
	tb.Skip(missing)
	return nil
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
