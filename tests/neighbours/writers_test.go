package neighbours

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Two clients, or one that believes its first request dead, send different bytes to one upload
// through two replicas at the same time. The first to store wins, and its blob is right; the
// other is told.
func TestTwoWritersOnOneUpload(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, nil)
	second := registrytest.Start(t, registrytest.Options{Azure: l.Azure(nil)})
	u := startUpload(t, l.registry, "neighbours")

	opened := l.Requests()[faultproxy.Head]
	winner, loser := u.begin(t, l.registry), u.begin(t, second)
	loser.write(registrytest.Random("loser", 100))
	content := registrytest.Random("winner", 9*mebibyte)
	winner.write(content[:100])
	require.Eventually(t, func() bool { return l.Requests()[faultproxy.Head] >= opened+2 }, registrytest.Patience, registrytest.Tick, "both writers are open")

	winner.write(content[100:])
	won := winner.end()
	require.Equal(t, http.StatusAccepted, won.status, won.body)
	blob := l.uploadBlob(t)
	loser.write(registrytest.Random("loser's rest", 36*mebibyte)) // more than the driver gathers
	lost := loser.end()
	if lost.err == nil { // the registry may hang up on a client that goes on sending
		require.GreaterOrEqual(t, lost.status, http.StatusInternalServerError, lost.body)
	}

	done := commit(t, l.registry, won.location, content)
	require.Equal(t, http.StatusCreated, done.status, done.body)
	l.requireBlob(t, "neighbours", content)
	(&laboratory{l.Storage, second}).requireLogged(t,
		`msg="stored bytes are not the bytes of this upload"`, "level=error", "blob="+blob, "offset=0", "repository=neighbours", "upload.id=")
	l.requireWorks(t)
}

// Somebody cleans up while an upload is under way.
func TestBlobDeletedUnderAWriter(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, nil)
	u := startUpload(t, l.registry, "neighbours")
	blob := l.uploadBlob(t)
	p := u.begin(t, l.registry)
	content := registrytest.Random("half", 18*mebibyte)
	p.write(content[:9*mebibyte])
	require.Eventually(t, func() bool { return l.Requests()[faultproxy.Append] > 0 }, registrytest.Patience, registrytest.Tick, "something is stored")

	_, err := l.Direct.NewBlobClient(blob).Delete(t.Context(), nil)
	require.NoError(t, err)
	p.write(content[9*mebibyte:])
	a := p.end()
	if a.err == nil {
		require.GreaterOrEqual(t, a.status, http.StatusInternalServerError, a.body)
	}
	l.requireLogged(t, `msg="append failed"`, "level=error", quoted("append block", blob), "404 Not Found (BlobNotFound)")
	l.requireWorks(t)
}

// Somebody deletes the container, and makes it again.
func TestContainerDeleted(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, nil)
	l.requireWorks(t)
	_, err := l.Direct.Delete(t.Context(), nil)
	require.NoError(t, err)
	l.requireRefused(t, l.push(t, "nowhere"), "level=error", `get blob \"docker/registry/v2/repositories/neighbours/`, "404 Not Found (ContainerNotFound)")

	_, err = l.Direct.Create(t.Context(), nil)
	require.NoError(t, err)
	l.requireWorks(t)
}
