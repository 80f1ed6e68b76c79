package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

func TestHTTPS(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{HTTPS: true})
	container := server.NewContainer(t)
	config := section{"accountname": server.Account, "accountkey": server.Key, "container": container, "serviceurl": server.URL}
	for name, o := range map[string]options{
		"certificate not verified":         {azure: config.with(section{"skipverify": true})},
		"certificate of a known authority": {azure: config, env: []string{"SSL_CERT_FILE=" + server.CACertFile}},
		"connection string": {
			azure: section{"connectionstring": server.ConnectionString(), "container": container},
			env:   []string{"SSL_CERT_FILE=" + server.CACertFile},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRegistry(t, o)
			image := newImage(t, name, newLayer(name, 5*mebibyte))
			require.NoError(t, push(t.Context(), r.reference(t, "https/app"), image))
			require.NoError(t, pull(t.Context(), r.reference(t, "https/app"), image))
		})
	}
	t.Run("certificate of an unknown authority", func(t *testing.T) {
		t.Parallel()
		r := startRegistry(t, options{azure: config.with(section{"max_retries": -1})})
		r.log.awaitLine(t, "level=warning", "storage does not answer", "certificate")
		image := newImage(t, "unknown authority", newLayer(t.Name(), kibibyte))
		require.Error(t, push(t.Context(), r.reference(t, "https/app"), image))
	})
}
