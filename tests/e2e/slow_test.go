package e2e

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// slowRate is what may be slow and must still not be cut off, in bytes per second.
const slowRate = 300_000

// retriesSeries counts the requests that were sent again.
const retriesSeries = "registry_storage_azure_retries_total"

func TestSlowStorageLinkIsNotCutOff(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	image := newImage(t, "slow link", newLayer(t.Name(), 6*mebibyte))
	s.SetBandwidth(slowRate, slowRate)
	reference := latest(t, r, "slow/link")
	require.NoError(t, push(t.Context(), reference, image))
	require.NoError(t, pull(t.Context(), reference, image))
	requireNoRetries(t, r)
	s.SetBandwidth(0, 0)
	require.NotEmpty(t, s.Digests(t))
}

// Four layers share the link. Each block takes longer than one alone would, so a try may
// be given up; the push has to succeed all the same.
func TestFourLayersShareASlowStorageLink(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	var layers []v1.Layer
	for _, seed := range []string{"a", "b", "c", "d"} {
		layers = append(layers, newLayer(t.Name()+seed, 2*mebibyte))
	}
	image := newImage(t, "shared link", layers...)
	s.SetBandwidth(slowRate, slowRate)
	reference := latest(t, r, "slow/shared")
	require.NoError(t, push(t.Context(), reference, image))
	s.SetBandwidth(0, 0)
	require.NoError(t, pull(t.Context(), reference, image))
	require.Len(t, s.Digests(t), 6, "four layers, config and manifest")
}

func TestSlowClientIsNotCutOff(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	content := registrytest.Random(t.Name(), 6*mebibyte)
	u, err := startUpload(t.Context(), r, "slow/client")
	require.NoError(t, err)

	upload := &slowReader{ctx: t.Context(), limit: rate.NewLimiter(slowRate, 32<<10), content: content}
	response, err := u.send(t.Context(), r, http.MethodPatch, u.location, nil, upload)
	require.NoError(t, err)
	require.NoError(t, u.follow(response, http.StatusAccepted))
	require.NoError(t, u.commit(t.Context(), r, digestOf(content), nil))
	requireBlob(t.Context(), t, r, "slow/client", content)
	requireNoRetries(t, r)
}

// slowReader gives content at a limited rate.
type slowReader struct {
	ctx     context.Context // of the test; io.Reader leaves no other way
	limit   *rate.Limiter
	content []byte
}

func (s *slowReader) Read(p []byte) (int, error) {
	if len(s.content) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), s.limit.Burst())], s.content)
	s.content = s.content[n:]
	return n, s.limit.WaitN(s.ctx, n)
}

// requireNoRetries looks at the registry's metrics, which must have this driver's.
func requireNoRetries(t *testing.T, r *registrytest.Registry) {
	t.Helper()
	status, metrics, err := registrytest.Get(t.Context(), r.Debug+"/metrics")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(metrics), "registry_storage_azure_requests_total")
	require.Empty(t, counted(string(metrics), retriesSeries))
	require.Empty(t, counted(string(metrics), `registry_storage_azure_append_outcomes_total{outcome="unknown"}`))
}

// counted are the series that begin like this and are not 0.
func counted(metrics, series string) []string {
	var found []string
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, series) && !strings.HasSuffix(line, " 0\n") {
			found = append(found, line)
		}
	}
	return found
}

// The series that the tests above want to be empty counts a fault.
func TestRetriesAreCounted(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	l := &laboratory{s, r}
	l.cell(t, oneLostPut, chunks)
	_, metrics, err := registrytest.Get(t.Context(), r.Debug+"/metrics")
	require.NoError(t, err)
	require.NotEmpty(t, counted(string(metrics), retriesSeries))
}
