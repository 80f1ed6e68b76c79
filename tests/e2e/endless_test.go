package e2e

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Faults without end: a clear error within the budget, nothing under the digest, and the next
// push succeeds.
func TestFaultsWithoutEnd(t *testing.T) {
	t.Parallel()
	for _, fault := range []struct {
		op     faultproxy.Op
		kind   faultproxy.Kind
		logged []string // in one line of the log
	}{
		{faultproxy.Append, faultproxy.OperationTimedOutBefore, []string{"append failed", "blob=docker/", "_uploads/", "offset=0", "gave up after"}},
		{faultproxy.Append, faultproxy.StallBefore, []string{"append failed", "blob=docker/", "_uploads/", "offset=0", "gave up after"}},
		{faultproxy.Create, faultproxy.InternalErrorBefore, []string{"put append blob", "_uploads/", "InternalError"}},
		{faultproxy.Put, faultproxy.ServerBusyBefore, []string{"put block blob", "_uploads/", "ServerBusy"}},
		{faultproxy.Copy, faultproxy.InternalErrorBefore, []string{"copy blob", "docker/registry/v2/blobs/sha256/", "InternalError"}},
		{faultproxy.Copy, faultproxy.CopyFailed, []string{"gave up", "copy of", "docker/registry/v2/blobs/sha256/"}},
	} {
		t.Run(fault.kind.String()+" on "+string(fault.op), func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: quick(s).With(registrytest.Section{"retry_budget": "3s"})})
			s.Arm(faultproxy.Fault{Op: fault.op, Kind: fault.kind, Times: -1})
			reference := latest(t, r, "endless/app")
			layer := newLayer(t.Name(), 40*mebibyte) // more than the registry buffers

			err := remote.WriteLayer(reference.Context(), layer, registrytest.Once(t.Context())...)
			var answer *transport.Error
			require.True(t, errors.As(err, &answer), "not an answer of the registry: %v", err)
			require.GreaterOrEqual(t, answer.StatusCode, 500)
			require.NotEmpty(t, answer.Errors, "the answer has no message")
			r.Log.AwaitLine(t, fault.logged...)
			require.Empty(t, s.Digests(t))

			s.Disarm()
			image := newImage(t, "after", layer)
			require.NoError(t, push(t.Context(), reference, image))
			require.NoError(t, pull(t.Context(), reference, image))
			require.NotContains(t, r.Log.String(), strings.TrimRight(s.Server.Key, "="), "the key is in the log")
		})
	}
}

// A layer that the registry can buffer whole: nothing is stored before the end of the PATCH, which
// fails then. The PUT can't succeed.
func TestFaultsWithoutEndUnderASmallLayer(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: quick(s).With(registrytest.Section{"max_retries": 1})})
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.InternalErrorBefore, Times: -1})
	content := registrytest.Random(t.Name(), mebibyte)
	u, err := startUpload(t.Context(), r, "endless/small")
	require.NoError(t, err)
	var answer *answerError
	require.ErrorAs(t, u.patch(t.Context(), r, 0, content), &answer)
	require.GreaterOrEqual(t, answer.status, http.StatusInternalServerError)
	require.Equal(t, "0-0", u.status(t, r), "the status names what is stored")
	require.ErrorAs(t, u.commit(t.Context(), r, digestOf(content), nil), &answer)
	r.Log.AwaitLine(t, "append failed", "_uploads/", "offset=0", "gave up after")
	require.Empty(t, s.Digests(t))

	s.Disarm()
	_, err = pushChunks(t.Context(), "endless/small", content, mebibyte, r)
	require.NoError(t, err)
	requireBlob(t.Context(), t, r, "endless/small", content)
}

// The bytes are stored before the state of the digest. Without the state the PUT reads them back.
func TestDigestStateThatCannotBeStored(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: quick(s).With(registrytest.Section{"retry_budget": "1s"})})
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.InternalErrorBefore, Match: "/hashstates/sha256/1048576", Times: -1})
	content := registrytest.Random(t.Name(), mebibyte)
	u, err := startUpload(t.Context(), r, "endless/state")
	require.NoError(t, err)
	require.NoError(t, u.patch(t.Context(), r, 0, content))
	require.NoError(t, u.commit(t.Context(), r, digestOf(content), nil))
	r.Log.AwaitLine(t, "request was given up", "/hashstates/sha256/1048576", "gave up after", "InternalError")
	requireBlob(t.Context(), t, r, "endless/state", content)

	s.Disarm()
	_, err = pushChunks(t.Context(), "endless/state", content, mebibyte, r)
	require.NoError(t, err)
	requireBlob(t.Context(), t, r, "endless/state", content)
}

// A PATCH whose chunk couldn't be stored fails, and the status tells where to go on when the
// storage is back.
func TestUploadGoesOnAfterAnOutageFromWhereTheRegistrySays(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: quick(s).With(registrytest.Section{"retry_budget": "1s"})})
	content := registrytest.Random(t.Name(), 3*mebibyte)
	u, err := startUpload(t.Context(), r, "outage")
	require.NoError(t, err)
	require.NoError(t, u.patch(t.Context(), r, 0, content[:mebibyte]))

	outage := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.ResetBefore, Times: -1})
	err = u.patch(t.Context(), r, mebibyte, content[mebibyte:2*mebibyte])
	var answer *answerError
	require.ErrorAs(t, err, &answer)
	require.GreaterOrEqual(t, answer.status, http.StatusInternalServerError)
	require.Positive(t, outage.Struck())
	s.Disarm()

	require.Equal(t, "0-1048575", u.status(t, r), "the status names what is stored")
	require.NoError(t, u.patch(t.Context(), r, mebibyte, content[mebibyte:]))
	require.NoError(t, u.commit(t.Context(), r, digestOf(content), nil))
	requireBlob(t.Context(), t, r, "outage", content)
}
