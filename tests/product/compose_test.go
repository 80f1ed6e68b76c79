package product

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

func TestComposeFilesRegistryServesPushAndPull(t *testing.T) {
	content, err := os.ReadFile("../../deploy/compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct {
			Environment map[string]string
			ReadOnly    bool `yaml:"read_only"`
			User        string
		}
	}
	require.NoError(t, yaml.Unmarshal(content, &compose))
	service := compose.Services["registry"]
	require.True(t, service.ReadOnly)
	require.Equal(t, "1000:1000", service.User)

	server := azurite.Shared(t)
	c := newContainer(t, "")
	const emulator = "http://azurite:10000/" + azurite.Account
	found := false
	for name, value := range service.Environment {
		found = found || strings.Contains(value, emulator)
		c.env = append(c.env, name+"="+strings.ReplaceAll(value, emulator, server.URL))
	}
	require.True(t, found, "the registry isn't pointed at the emulator")
	c.env = append(c.env, "REGISTRY_STORAGE_AZURE_CONTAINER="+server.NewContainer(t))
	pushAndPull(t, c.serve(t, "registry", "serve", configurationPath))
}
