package parity

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const unverified = "REST error table; azure-sdk-for-net#26711, azure-sdk-for-java#24881"

var copyCases = []reported{
	{name: "500 CannotVerifyCopySource once", source: unverified, run: pushUnder(faultproxy.Copy, faultproxy.CannotVerifyCopySource(500), 1)},
	{name: "500 CannotVerifyCopySource three times", source: unverified, run: pushUnder(faultproxy.Copy, faultproxy.CannotVerifyCopySource(500), 3)},
	{name: "403 CannotVerifyCopySource for good: the log names the cause", source: unverified, run: unverifiable},
	{name: "409 PendingCopyOperation twice to a put", source: "REST Copy Blob", run: pushUnder(faultproxy.Put, faultproxy.PendingCopyOperation, 2)},
	{name: "409 PendingCopyOperation twice to a delete", source: "REST Copy Blob", run: deleteWhilePending},
	{name: "a copy that stays pending for 5 s", source: "REST Copy Blob", run: pushUnder(faultproxy.Copy, faultproxy.CopyPending(5*time.Second), 1)},
	{name: "a client that goes away leaves its copy to end", source: "issue 11", run: leaveCopy},
	{name: "a final PUT that was cut while its copy was under way can be repeated", source: "issue 10", run: repeatPut},
	{name: "two equal pushes at once", source: "issue 11", run: equalPushes},
}

// pushUnder pushes with the fault on the first requests of that kind.
func pushUnder(op faultproxy.Op, kind faultproxy.Kind, times int) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "50ms"})
		image := l.image("copies", 300*kibibyte)
		l.Arm(faultproxy.Fault{Op: op, Kind: kind, Times: times})
		require.NoError(l, l.push(r, "copies/app:v1", image))
		l.MustHaveStruck(l.T)
		l.Disarm()
		require.NoError(l, l.pull(r, "copies/app:v1", image))
	}
}

func unverifiable(l *lab) {
	r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "3s"})
	l.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CannotVerifyCopySource(403), Times: -1})
	content := registrytest.Random(l.Name(), kibibyte)
	require.Error(l, l.pushLayer(r, "copies/app", content, 1))
	r.Log.AwaitLine(l.T, "CannotVerifyCopySource")
	require.Empty(l, r.Log.Lines("Path not found"))
	l.Disarm()
	require.NoError(l, l.pushLayer(r, "copies/app", content, 1))
}

func deleteWhilePending(l *lab) {
	r := l.serve(registrytest.Section{"retry_delay": "50ms"})
	image := l.image("pending", kibibyte)
	require.NoError(l, l.push(r, "copies/pending:v1", image))
	digest, err := image.Digest()
	require.NoError(l, err)
	l.Arm(faultproxy.Fault{Op: faultproxy.Delete, Kind: faultproxy.PendingCopyOperation, Times: 2})
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "copies/pending", digest.String()).status)
	require.Equal(l, http.StatusNotFound, l.manifest(r, http.MethodGet, "copies/pending", digest.String()).status)
}

// leaveAt commits an upload whose copy lasts, and goes away once it is under way.
func leaveAt(l *lab, u *upload, wanted digest.Digest, lasts time.Duration) {
	pending := l.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(lasts)})
	ctx, leave := context.WithCancel(l.ctx)
	defer leave()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = u.tryCommit(ctx, wanted) // it is cut
	}()
	require.NoError(l, pending.Wait(l.ctx))
	require.NoError(l, wait(l.ctx, 300*time.Millisecond)) // the answer reaches the registry
	leave()
	<-gone
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func leaveCopy(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 50*kibibyte)
	u := l.upload(r, "copies/left")
	require.Equal(l, http.StatusAccepted, u.patch(bytesOf(content)).status)
	leaveAt(l, u, digest.FromBytes(content), 3*time.Second)
	require.NoError(l, wait(l.ctx, 6*time.Second))
	require.Zero(l, l.Requests()[faultproxy.Abort], "the copy was aborted")
	require.Contains(l, l.Digests(l.T), digest.FromBytes(content).Encoded())
}

func repeatPut(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 50*kibibyte)
	u := l.upload(r, "copies/cut")
	require.Equal(l, http.StatusAccepted, u.patch(bytesOf(content)).status)
	leaveAt(l, u, digest.FromBytes(content), 2*time.Second)
	var last answer
	for range 30 {
		if last = u.commit(digest.FromBytes(content)); last.status == http.StatusCreated {
			break
		}
		require.NoError(l, wait(l.ctx, 500*time.Millisecond))
	}
	require.Equal(l, http.StatusCreated, last.status, "%s", last.body)
	require.NoError(l, l.pullLayer(r, "copies/cut", content))
}

// equalPushes fails if the one that comes second reads what is stored in order to compare.
func equalPushes(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 12*mebibyte)
	pending := l.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(2 * time.Second)})
	var failed [2]error
	var clients sync.WaitGroup
	clients.Go(func() { failed[0] = l.pushLayer(r, "copies/one", content, 2) })
	require.NoError(l, pending.Wait(l.ctx))
	clients.Go(func() { failed[1] = l.pushLayer(r, "copies/two", content, 2) })
	clients.Wait()
	require.NoError(l, failed[0])
	require.NoError(l, failed[1])
	read := int64(0)
	for _, e := range l.Proxy.Log() {
		read += e.BytesOut
	}
	require.Less(l, read, int64(len(content)), "bytes read by the pushes")
	require.NoError(l, l.pullLayer(r, "copies/two", content))
}
