package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Storage that can't be reached at start is no reason not to start: the registry says so, in
// the log and on its health endpoint, and works once storage does.
func TestStorageComesUpAfterTheRegistry(t *testing.T) {
	t.Parallel()
	port := registrytest.FreePort(t)
	config := registrytest.Section{
		"accountname": azurite.Account, "accountkey": azurite.Key, "container": "later",
		"serviceurl":  "http://127.0.0.1:" + port + "/" + azurite.Account,
		"retry_delay": "20ms", "max_retry_delay": "100ms",
	}
	r := registrytest.Start(t, registrytest.Options{Azure: config, Health: true})
	r.Log.AwaitLine(t, "level=warning", "storage does not answer", "container=later")
	awaitStatus(t, r.Debug+"/debug/health", http.StatusServiceUnavailable)
	reference := latest(t, r, "later/app")
	image := newImage(t, "later", newLayer(t.Name(), kibibyte))
	require.Error(t, push(t.Context(), reference, image))

	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	server := azurite.ForTest(t, azurite.Options{Port: number, InMemory: true})
	require.NoError(t, server.CreateContainer(t.Context(), "later"))
	awaitStatus(t, r.Debug+"/debug/health", http.StatusOK)
	require.NoError(t, push(t.Context(), reference, image))
	require.NoError(t, pull(t.Context(), reference, image))
	require.NotContains(t, r.Log.String(), strings.TrimRight(azurite.Key, "="))
}

// A container that is missing is said by its name.
func TestMissingContainerIsNamed(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"container": "forgotten"}), Health: true})
	r.Log.AwaitLine(t, "level=warning", "storage does not answer", "container=forgotten", "ContainerNotFound")
	awaitStatus(t, r.Debug+"/debug/health", http.StatusServiceUnavailable)
	require.Error(t, push(t.Context(), latest(t, r, "no/app"), newImage(t, "x", newLayer(t.Name(), kibibyte))))
	require.Empty(t, s.Names(t))
}

// awaitStatus asks until a page answers with the status.
func awaitStatus(t *testing.T, url string, want int) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, _, err := registrytest.Get(t.Context(), url)
		return err == nil && status == want
	}, registrytest.Patience, registrytest.Tick, "waiting for status %d at %s", want, url)
}
