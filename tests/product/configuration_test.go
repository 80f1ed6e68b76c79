package product

import (
	"os"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/stretchr/testify/require"
)

func TestImagesConfigurationIsTheStockImages(t *testing.T) {
	file, err := os.Open("../../deploy/image/config.yml")
	require.NoError(t, err)
	defer file.Close() //nolint:errcheck // only read
	config, err := configuration.Parse(file)
	require.NoError(t, err)

	require.Equal(t, "filesystem", config.Storage.Type())
	require.Equal(t, "/var/lib/registry", config.Storage.Parameters()["rootdirectory"])
	require.Equal(t, ":5000", config.HTTP.Addr)
	require.Equal(t, ":5001", config.HTTP.Debug.Addr)
	require.True(t, config.HTTP.Debug.Prometheus.Enabled)
	require.Equal(t, "/metrics", config.HTTP.Debug.Prometheus.Path)
	require.True(t, config.Health.StorageDriver.Enabled)
}

// docs/versioning.md warns of it.
func TestVersion2sNamesForRedisAreOverlooked(t *testing.T) {
	config, err := configuration.Parse(strings.NewReader(
		"version: 0.1\nstorage: {inmemory: {}}\nredis:\n  addr: redis:6379\n  pool: {maxactive: 64}\n"))
	require.NoError(t, err)
	require.Empty(t, config.Redis.Options.Addrs)
	require.Zero(t, config.Redis.Options.MaxActiveConns)
}
