package product

import (
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// style is a way in which people start one of the two stock images.
type style struct {
	name string
	path string   // the program: an entrypoint, or the first word of a command that replaces it
	args []string // what comes before a configuration's path
}

var styles = []style{
	{"distribution/distribution", "registry", []string{"serve"}},
	{"registry:3", "registry", nil},
	{"registry:3 by its script", "/entrypoint.sh", nil},
	{"registry:3 with the whole command", "/entrypoint.sh", []string{"/bin/registry", "serve"}},
	{"docker-registry chart", "/bin/registry", []string{"serve"}},
}

const configurationPath = "/etc/distribution/config.yml"

// azureEnvironment points a registry at a fresh container in Azurite.
func azureEnvironment(t *testing.T) []string {
	t.Helper()
	server := azurite.Shared(t)
	return []string{
		"REGISTRY_STORAGE=azure",
		"REGISTRY_STORAGE_AZURE_ACCOUNTNAME=" + server.Account,
		"REGISTRY_STORAGE_AZURE_ACCOUNTKEY=" + server.Key,
		"REGISTRY_STORAGE_AZURE_CONTAINER=" + server.NewContainer(t),
		"REGISTRY_STORAGE_AZURE_SERVICEURL=" + server.URL,
		"REGISTRY_STORAGE_REDIRECT_DISABLE=true", // signed URLs are for HTTPS, which this Azurite doesn't serve
	}
}

// pushAndPull pushes an image to a registry and pulls every byte of it back.
func pushAndPull(t *testing.T, address string) v1.Hash {
	t.Helper()
	image, err := random.Image(1<<20, 3)
	require.NoError(t, err)
	tag, err := name.NewTag(address+"/product/image:latest", name.Insecure)
	require.NoError(t, err)
	require.NoError(t, remote.Write(tag, image, remote.WithContext(t.Context())))
	pulled, err := remote.Image(tag, remote.WithContext(t.Context()))
	require.NoError(t, err)
	layers, err := pulled.Layers()
	require.NoError(t, err)
	for _, layer := range layers {
		body, err := layer.Compressed() // fails at its end if the digest is wrong
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, body)
		require.NoError(t, err)
		require.NoError(t, body.Close())
	}
	pushed, err := image.Digest()
	require.NoError(t, err)
	got, err := pulled.Digest()
	require.NoError(t, err)
	require.Equal(t, pushed, got)
	return pushed
}

func TestEveryStyleServesPushAndPullOnAzure(t *testing.T) {
	for _, s := range styles {
		t.Run(s.name, func(t *testing.T) {
			c := newContainer(t, "")
			c.env = append(c.env, azureEnvironment(t)...)
			before := c.files(t)
			pushAndPull(t, c.serve(t, s.path, append(s.args, configurationPath)...))
			require.Equal(t, before, c.files(t), "something was written outside the volume")
		})
	}
}

func TestImageServesFromItsVolumeByDefault(t *testing.T) {
	for _, name := range finalStages {
		t.Run(name, func(t *testing.T) {
			s := readStage(t, name)
			c := newContainer(t, "")
			pushAndPull(t, c.serve(t, s.entrypoint[0], s.cmd...))
		})
	}
}

func TestSubcommandsInEveryStyle(t *testing.T) {
	for _, s := range []style{
		{"entrypoint", "registry", nil},
		{"script", "/entrypoint.sh", nil},
		{"script with the whole command", "/entrypoint.sh", []string{"registry"}},
		{"path", "/bin/registry", nil},
	} {
		t.Run(s.name, func(t *testing.T) {
			c := newContainer(t, "")
			c.env = append(c.env, azureEnvironment(t)...)
			digest := pushAndPull(t, c.serve(t, "registry", configurationPath))

			require.Contains(t, c.run(t, s.path, append(s.args, "--version")...), "registry ")
			require.Contains(t, c.run(t, s.path, append(s.args, "help")...), "garbage-collect")
			said := c.run(t, s.path, append(s.args, "garbage-collect", "--dry-run", "--delete-untagged=true", configurationPath)...)
			require.Contains(t, said, "product/image: marking manifest "+digest.String())
			require.Contains(t, c.run(t, s.path, append(s.args, "verify", "--full", configurationPath)...), "Nothing found.")
			require.Contains(t, c.run(t, s.path, append(s.args, "repair", configurationPath)...), "Nothing to repair.")
		})
	}
}
