package product

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// get returns the status of a path.
func get(t *testing.T, url string) int {
	t.Helper()
	response, err := http.Get(url) //nolint:gosec // the test's own server
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

// TestStorageThatIsAwayRestartsNothing takes storage away, so that requests to
// it are taken and never answered, and gives it back.
func TestStorageThatIsAwayRestartsNothing(t *testing.T) {
	server := azurite.Shared(t)
	proxy := faultproxy.ForTest(t, server.URL)
	pods := chartContainers(t, proxy.URL(), withSecrets(server.Account, server.Key, server.NewContainer(t)))
	c, command := pods()
	registry := c.start(t, command[0], command[1:]...)
	base := "http://" + registry.address

	require.Equal(t, http.StatusOK, get(t, base+"/readyz"))
	away := proxy.Arm(faultproxy.Fault{Op: faultproxy.Any, Kind: faultproxy.StallBefore, Times: -1})
	require.Eventually(t, func() bool {
		require.Equal(t, http.StatusOK, get(t, base+"/"), "the liveness probe fails, and the pod is restarted")
		return get(t, base+"/readyz") == http.StatusServiceUnavailable
	}, time.Minute, 100*time.Millisecond, "the pod counts as ready without storage")
	require.Equal(t, http.StatusServiceUnavailable, get(t, base+"/v2/"))
	require.NotZero(t, away.Struck())

	proxy.Disarm()
	require.Eventually(t, func() bool {
		require.Equal(t, http.StatusOK, get(t, base+"/"))
		return get(t, base+"/readyz") == http.StatusOK
	}, time.Minute, 100*time.Millisecond, "the pod doesn't get ready again")
	pushAndPull(t, registry.address)
}
