package parity

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var uploadCases = []reported{
	{name: "two PATCH requests on one upload put no other bytes under a digest", source: "issue 10", run: poison},
	{name: "a PATCH whose appends all fail doesn't answer 202", source: "issue 10", run: failedPatch},
	{name: "a damaged blob under a digest is mended by the next push", source: "issue 10", run: mendBlob},
	{name: "requests per PATCH stay the same over an upload", source: "issue 10", run: patchGrowth},
	{name: "a cancelled upload leaves nothing", source: "issue 10", run: cancelled},
	{name: "a PUT with a wrong digest costs nothing: the right one may follow", source: "issue 11", run: wrongDigest},
	{name: "an upload whose blob came back from a restore as a block blob is unknown", source: "AZURE.md Append blobs; azure-docs#95425", run: restored},
	{name: "a push of 1 KiB takes at most 18 requests", source: "issue 10", run: fewRequests},
}

func bytesOf(content []byte) io.Reader { return bytes.NewReader(content) }

func readSeeker(content string) io.ReadSeekCloser {
	return streaming.NopCloser(strings.NewReader(content))
}

func digestOf(content []byte) string { return digest.FromBytes(content).String() }

// poison holds the first request back while the second sends other bytes.
func poison(l *lab) {
	r := l.serve(nil)
	right, wrong := registrytest.Random("right", 64*kibibyte), registrytest.Random("wrong", 64*kibibyte)
	u := l.upload(r, "uploads/poison")
	held, begun := io.Pipe()
	first := make(chan answer, 1)
	location := u.location
	go func() {
		a, _ := l.tryAsk(l.ctx, http.MethodPatch, location, binaryContent.Clone(), held) // it may be refused
		first <- a
	}()
	require.NoError(l, wait(l.ctx, time.Second)) // the registry opens the upload
	second := u.patch(bytesOf(wrong))
	_, _ = begun.Write(right) // the registry may have hung up
	_ = begun.Close()
	a := <-first
	l.Logf("first %d, second %d", a.status, second.status)
	done, err := u.tryCommit(l.ctx, digest.FromBytes(right))
	require.NoError(l, err)
	l.Logf("PUT: %d %s", done.status, done.body)
	l.Digests(l.T)
	if done.status == http.StatusCreated {
		require.NoError(l, l.pullLayer(r, "uploads/poison", right))
	}
}

func failedPatch(l *lab) {
	r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "2s"})
	u := l.upload(r, "uploads/failed")
	l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.InternalErrorBefore, Times: -1})
	content := registrytest.Random(l.Name(), 64*kibibyte)
	got := u.patch(bytesOf(content))
	require.GreaterOrEqual(l, got.status, 400, "%s", got.body)
	l.MustHaveStruck(l.T)
	l.Disarm()
	status := l.ask(http.MethodGet, u.location, nil, nil)
	require.Equal(l, http.StatusNoContent, status.status, "where to go on: %s", status.body)
}

func mendBlob(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 64*kibibyte)
	require.NoError(l, l.pushLayer(r, "uploads/first", content, 1))
	path := layerPath(content)
	_, err := l.Direct.NewBlobClient(path).Delete(l.ctx, nil)
	require.NoError(l, err)
	damaged := l.Direct.NewAppendBlobClient(path)
	_, err = damaged.Create(l.ctx, nil)
	require.NoError(l, err)
	for range 2 {
		_, err = damaged.AppendBlock(l.ctx, readSeeker(string(content)), nil)
		require.NoError(l, err)
	}
	require.NoError(l, l.pushLayer(r, "uploads/second", content, 1))
	require.NoError(l, l.pullLayer(r, "uploads/second", content))
}

func patchGrowth(l *lab) {
	r := l.serve(nil)
	u := l.upload(r, "uploads/many")
	part := registrytest.Random(l.Name(), 4*kibibyte)
	var work []int64 // requests and listed bytes of each PATCH
	for range 40 {
		l.ResetCounts()
		require.Equal(l, http.StatusAccepted, u.patch(bytesOf(part)).status)
		cost := int64(l.Total()) << 20
		for _, e := range l.Proxy.Log() {
			if e.Op == faultproxy.List {
				cost += e.BytesOut
			}
		}
		work = append(work, cost)
	}
	early, late := slices.Max(work[5:10]), slices.Max(work[35:])
	require.LessOrEqual(l, late, early+early/4, "requests and listed bytes of the last PATCH requests")
	require.Equal(l, http.StatusCreated, u.commit(digest.FromBytes(bytes.Repeat(part, 40))).status)
}

func cancelled(l *lab) {
	r := l.serve(nil)
	for parts := range 3 {
		u := l.upload(r, "uploads/cancelled")
		for i := range parts {
			require.Equal(l, http.StatusAccepted, u.patch(bytesOf(registrytest.Random(fmt.Sprint(i), kibibyte))).status)
		}
		require.Equal(l, http.StatusNoContent, l.ask(http.MethodDelete, u.location, nil, nil).status)
	}
	for _, name := range l.Names(l.T) {
		require.NotContains(l, name, "/_uploads/", "what a cancelled upload left")
	}
}

func wrongDigest(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 20*kibibyte)
	u := l.upload(r, "uploads/wrong")
	require.Equal(l, http.StatusAccepted, u.patch(bytesOf(content)).status)
	refused := u.commit(digest.FromString("something else"))
	require.Equal(l, http.StatusBadRequest, refused.status, "%s", refused.body)
	right := u.commit(digest.FromBytes(content))
	require.Equal(l, http.StatusCreated, right.status, "%s", right.body)
	require.NoError(l, l.pullLayer(r, "uploads/wrong", content))
}

func restored(l *lab) {
	r := l.serve(nil)
	u := l.upload(r, "uploads/restored")
	content := registrytest.Random(l.Name(), 20*kibibyte)
	require.Equal(l, http.StatusAccepted, u.patch(bytesOf(content)).status)
	uploads := l.UploadBlobs(l.T)
	require.Len(l, uploads, 1)
	_, err := l.Direct.NewBlobClient(uploads[0]).Delete(l.ctx, nil)
	require.NoError(l, err)
	_, err = l.Direct.NewBlockBlobClient(uploads[0]).UploadBuffer(l.ctx, content, nil)
	require.NoError(l, err)
	got := u.patch(bytesOf(content))
	require.Equal(l, http.StatusNotFound, got.status, "%s", got.body)
	require.Contains(l, string(got.body), "BLOB_UPLOAD_UNKNOWN")
}

func fewRequests(l *lab) {
	r := l.serve(nil)
	require.NoError(l, l.pushLayer(r, "uploads/warm", registrytest.Random("warm", kibibyte), 1))
	l.ResetCounts()
	require.NoError(l, l.pushLayer(r, "uploads/few", registrytest.Random(l.Name(), kibibyte), 1))
	require.LessOrEqual(l, l.Total(), 18, "%v", l.Requests())
}

// abandon lets a client go away in the middle of something.
func abandon(l *lab, after time.Duration, do func(ctx context.Context)) {
	ctx, cancel := context.WithTimeout(l.ctx, after)
	defer cancel()
	do(ctx)
}
