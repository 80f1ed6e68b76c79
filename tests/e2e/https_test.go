package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

func TestHTTPS(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{HTTPS: true})
	container := server.NewContainer(t)
	config := registrytest.Section{"accountname": server.Account, "accountkey": server.Key, "container": container, "serviceurl": server.URL}
	for name, o := range map[string]registrytest.Options{
		"certificate not verified":         {Azure: config.With(registrytest.Section{"skipverify": true})},
		"certificate of a known authority": {Azure: config, Env: []string{"SSL_CERT_FILE=" + server.CACertFile}},
		"connection string": {
			Azure: registrytest.Section{"connectionstring": server.ConnectionString(), "container": container},
			Env:   []string{"SSL_CERT_FILE=" + server.CACertFile},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.Start(t, o)
			image := newImage(t, name, newLayer(name, 5*mebibyte))
			require.NoError(t, push(t.Context(), latest(t, r, "https/app"), image))
			require.NoError(t, pull(t.Context(), latest(t, r, "https/app"), image))
		})
	}
	t.Run("certificate of an unknown authority", func(t *testing.T) {
		t.Parallel()
		r := registrytest.Start(t, registrytest.Options{Azure: config.With(registrytest.Section{"max_retries": -1})})
		r.Log.AwaitLine(t, "level=warning", "storage does not answer", "certificate")
		image := newImage(t, "unknown authority", newLayer(t.Name(), kibibyte))
		require.Error(t, push(t.Context(), latest(t, r, "https/app"), image))
	})
}
