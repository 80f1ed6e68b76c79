package product

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The driver's own tests go upstream, where tests without a storage account
// are skipped. In CI here none may be.
func TestCIHasAStorageAccount(t *testing.T) {
	if os.Getenv("CI") == "" {
		return
	}
	for _, name := range []string{"AZURE_STORAGE_ACCOUNT_NAME", "AZURE_SERVICE_URL"} {
		require.NotEmpty(t, os.Getenv(name), "the driver's tests are skipped: run the tests by make test, which sets %s", name)
	}
}
