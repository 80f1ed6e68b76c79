package e2e

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// longCopy is how long the copy that ends a push may well take on a busy account.
const longCopy = 30 * time.Second

// A copy that stays pending for 30 s: nobody sees the layer until then, whoever pushes it meanwhile waits
// with the first, and all pushes succeed.
func TestCopyPendingForHalfAMinute(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	config := registrytest.Options{Azure: s.Azure(nil)}
	one, two := registrytest.Start(t, config), registrytest.Start(t, config)
	content := registrytest.Random(t.Name(), 5*mebibyte)
	pending := s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(longCopy)})
	began := time.Now()

	var pushed [2]error
	var clients sync.WaitGroup
	clients.Go(func() { _, pushed[0] = pushChunks(t.Context(), "copies/app", content, 2*mebibyte, one) })
	require.NoError(t, pending.Wait(t.Context()))
	clients.Go(func() { _, pushed[1] = pushChunks(t.Context(), "copies/other", content, 2*mebibyte, two) })
	for time.Since(began) < longCopy/2 {
		for _, r := range []*registrytest.Registry{one, two} {
			_, err := pullBlob(t.Context(), r, "copies/app", digestOf(content))
			var answer *answerError
			require.ErrorAs(t, err, &answer)
			require.Equal(t, http.StatusNotFound, answer.status, "half a copy is visible")
		}
		time.Sleep(time.Second)
	}
	clients.Wait()
	require.NoError(t, errors.Join(pushed[:]...))
	require.GreaterOrEqual(t, time.Since(began), longCopy, "the push did not wait for its copy")
	for _, r := range []*registrytest.Registry{one, two} {
		requireBlob(t.Context(), t, r, "copies/app", content)
		requireBlob(t.Context(), t, r, "copies/other", content)
	}
	require.Equal(t, []string{digestOf(content).Encoded()}, s.Digests(t))
}

// A copy that the service fails every time: nothing is left under the digest, and the next push succeeds.
func TestCopyThatComesToNothing(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]faultproxy.Kind{"failed": faultproxy.CopyFailed, "aborted": faultproxy.CopyAborted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{
				"retry_budget": "2s", "retry_delay": "20ms",
			})})
			layer := newLayer(t.Name(), mebibyte)
			armed := s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: kind, Times: -1})
			require.Error(t, remote.WriteLayer(latest(t, r, "copies/app").Context(), layer, registrytest.Once(t.Context())...))
			require.Positive(t, armed.Struck())
			r.Log.AwaitLine(t, "copy did not complete: trying again over what it left", name, "docker/registry/v2/blobs/sha256/")
			r.Log.AwaitLine(t, "gave up after", "did not complete: "+name, "docker/registry/v2/blobs/sha256/")
			require.Empty(t, stored(t, s), "an empty blob stays under the digest")

			s.Disarm()
			requirePushes(t, s, r, layer)
		})
	}
}

// A copy that is still pending when nobody waits for it any longer is left to end: nobody sees the layer until
// then, nothing aborts the copy, and the next push waits for it and succeeds.
func TestCopyThatIsLeftToEnd(t *testing.T) {
	t.Parallel()
	for name, play := range map[string]struct {
		timeout string // copy_timeout
		leave   bool   // the client goes away once the copy is pending
		logged  string
	}{
		"after copy_timeout": {"2s", false, "still pending after copy_timeout"},
		"by its client":      {"1h", true, "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"copy_timeout": play.timeout})})
			content := registrytest.Random(t.Name(), mebibyte)
			layer := registrytest.Layer(content)
			armed := s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(leftCopy)})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			pushed := make(chan error, 1)
			go func() {
				pushed <- remote.WriteLayer(latest(t, r, "copies/app").Context(), layer, registrytest.Once(ctx)...)
			}()
			if play.leave {
				require.Eventually(t, func() bool { return waiting(s) }, registrytest.Patience, registrytest.Tick, "nobody waits for the copy")
				leave()
			}
			require.Error(t, <-pushed)
			require.Equal(t, 1, armed.Struck())
			r.Log.AwaitLine(t, play.logged, "docker/registry/v2/blobs/sha256/")
			require.Zero(t, s.Requests()[faultproxy.Abort], "the copy is somebody else's, too, by now")

			require.Eventually(t, func() bool {
				_, err := pullBlob(t.Context(), r, "copies/app", digestOf(content))
				var answer *answerError
				assert.True(t, err == nil || errors.As(err, &answer) && answer.status == http.StatusNotFound, "%v", err)
				return remote.WriteLayer(latest(t, r, "copies/app").Context(), layer, registrytest.Once(t.Context())...) == nil
			}, registrytest.Patience, registrytest.Tick, "the copy never ends")
			requirePushes(t, s, r, layer)
		})
	}
}

// leftCopy is how long the copy lasts that is left to end.
const leftCopy = 6 * time.Second

// requirePushes pushes an image with the layer, and pulls it again.
func requirePushes(t *testing.T, s *registrytest.Storage, r *registrytest.Registry, layer v1.Layer) {
	t.Helper()
	image := newImage(t, t.Name(), layer)
	require.NoError(t, push(t.Context(), latest(t, r, "copies/app"), image))
	require.NoError(t, pull(t.Context(), latest(t, r, "copies/app"), image))
	require.NotEmpty(t, s.Digests(t))
}

// The client goes away while the registry's request for the copy is on its way. The copy may have begun, and
// nobody waits for its end: it ends by itself, and what is there then is the layer.
func TestCopyWhoseRequestIsCutShort(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	layer := newLayer(t.Name(), mebibyte)
	s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.Unanswered(faultproxy.CopyPending(leftCopy))})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	pushed := make(chan error, 1)
	go func() {
		pushed <- remote.WriteLayer(latest(t, r, "copies/app").Context(), layer, registrytest.Once(ctx)...)
	}()
	require.Eventually(t, func() bool { return len(stored(t, s)) == 1 }, registrytest.Patience, registrytest.Tick, "no copy has begun")
	leave()
	require.Error(t, <-pushed)
	requirePushes(t, s, r, layer)
}

// waiting reports whether the registry knows that its copy is pending: it has looked at the destination since.
func waiting(s *registrytest.Storage) bool {
	requests := s.Log()
	copied := slices.IndexFunc(requests, func(e faultproxy.Entry) bool { return e.Op == faultproxy.Copy && e.Status == http.StatusAccepted })
	return copied >= 0 && slices.ContainsFunc(requests[copied:], func(e faultproxy.Entry) bool {
		return e.Op == faultproxy.Head && e.Blob == requests[copied].Blob && e.Status == http.StatusOK
	})
}

// stored are the names of what is stored under a digest, complete or not.
func stored(t *testing.T, s *registrytest.Storage) []string {
	t.Helper()
	return slices.DeleteFunc(s.Names(t), func(name string) bool {
		return !strings.HasPrefix(name, "docker/registry/v2/blobs/sha256/")
	})
}
