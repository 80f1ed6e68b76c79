package e2e

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Two PATCH requests on one upload: the first is held back, the second sends other bytes of the same length,
// then the first sends the right ones. Stock v3.1.2 serves the other bytes under the digest of the right ones.
func TestOtherBytesOfAHeldBackPatch(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	config := registrytest.Options{Azure: s.Azure(registrytest.Section{"retry_budget": "5s"})}
	replicas := map[string][2]*registrytest.Registry{}
	one, two := registrytest.Start(t, config), registrytest.Start(t, config)
	replicas["one registry"] = [2]*registrytest.Registry{one, one}
	replicas["two replicas"] = [2]*registrytest.Registry{one, two}
	for name, r := range replicas {
		t.Run(name, func(t *testing.T) {
			right, other := registrytest.Random(name, mebibyte), registrytest.Random("other "+name, mebibyte)
			u, err := startUpload(t.Context(), r[0], "poison")
			require.NoError(t, err)
			first, second := *u, *u

			patched, send := first.heldBack(t, r[0], right[:64*kibibyte])
			require.NoError(t, second.patch(t.Context(), r[1], 0, other))
			_, _ = send.Write(right[64*kibibyte:]) // the registry may have answered already
			_ = send.Close()
			require.Error(t, <-patched, "bytes are acknowledged that aren't stored")

			require.Error(t, second.commit(t.Context(), r[0], digestOf(right), nil))
			require.NotContains(t, s.Digests(t), digestOf(right).Encoded())
			require.NoError(t, second.commit(t.Context(), r[1], digestOf(other), nil), "the digest was wrong, the upload is not")
			requireBlob(t.Context(), t, r[0], "poison", other)
		})
	}
}

// heldBack begins a PATCH with a part of its content. The rest is for the caller to send, and the
// channel tells what came of it.
func (u *rawUpload) heldBack(t *testing.T, r *registrytest.Registry, begin []byte) (<-chan error, *io.PipeWriter) {
	t.Helper()
	body, send := io.Pipe()
	patched := make(chan error, 1)
	held := *u
	go func() {
		response, err := held.send(t.Context(), r, http.MethodPatch, held.location, nil, body)
		if err == nil {
			err = held.follow(response, http.StatusAccepted)
		}
		patched <- err
		body.CloseWithError(io.ErrClosedPipe)
	}()
	// The registry has opened the upload once it reads the body.
	_, err := send.Write(begin)
	require.NoError(t, err)
	return patched, send
}

// A blob with a repeated block, a cut one and an empty one lie under their digests; the layers are pushed again.
func TestDamagedBlobIsReplacedByAPush(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	content := registrytest.Random(t.Name(), mebibyte)
	for name, damaged := range map[string][]byte{
		"repeated block": slices.Concat(content, content[len(content)/2:]),
		"cut":            content[:len(content)/3],
		"empty":          {},
	} {
		t.Run(name, func(t *testing.T) {
			blob := "docker/registry/v2/blobs/sha256/" + digestOf(content).Encoded()[:2] + "/" + digestOf(content).Encoded() + "/data"
			s.Put(t, blob, damaged)
			_, err := pushChunks(t.Context(), "damaged", content, mebibyte, r)
			require.NoError(t, err)
			requireBlob(t.Context(), t, r, "damaged", content)
			r.Log.AwaitLine(t, "put aside", digestOf(content).String())
			require.True(t, slices.ContainsFunc(s.Names(t), func(name string) bool {
				return strings.HasPrefix(name, "docker/registry/quarantine/blob-") && s.Sum(t, name) == digestOf(damaged).Encoded()
			}), "the damaged blob is kept")
		})
	}
}

// A PUT is cut off while its copy is on its way, or before it begins; it is sent again as it was.
func TestPutIsRepeated(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faultproxy.Fault{
		"before the move":   {Op: faultproxy.Copy, Kind: faultproxy.ResetBefore, Times: -1},
		"after the move":    {Op: faultproxy.Put, Match: "/_layers/", Kind: faultproxy.ResetBefore, Times: -1},
		"source stays":      {Op: faultproxy.Delete, Kind: faultproxy.ResetBefore, Times: -1},
		"link without word": {Op: faultproxy.Put, Match: "/_layers/", Kind: faultproxy.ResetAfter, Times: -1},
	} {
		for how, inPut := range map[string]int{"all in the PUT": mebibyte, "nothing in the PUT": 0} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				s := registrytest.NewStorage(t)
				r := registrytest.Start(t, registrytest.Options{Azure: quick(s).With(registrytest.Section{"retry_budget": "1s"})})
				content := registrytest.Random(t.Name(), mebibyte)
				u, err := startUpload(t.Context(), r, "repeated")
				require.NoError(t, err)
				if inPut == 0 {
					require.NoError(t, u.patch(t.Context(), r, 0, content))
				}
				last := content[len(content)-inPut:]
				armed := s.Arm(fault)
				require.Error(t, u.commit(t.Context(), r, digestOf(content), last))
				require.Positive(t, armed.Struck())
				s.Disarm()

				status := *u
				require.Equal(t, "0-1048575", status.status(t, r))
				var answer *answerError
				require.True(t, errors.As(u.commit(t.Context(), r, digest.FromString("wrong"), last), &answer))
				require.NoError(t, u.commit(t.Context(), r, digestOf(content), last))
				requireBlob(t.Context(), t, r, "repeated", content)
				require.True(t, bytes.Equal([]byte(s.Digests(t)[0]), []byte(digestOf(content).Encoded())))
			})
		}
	}
}

// The client of a PUT goes away while its copy is pending. The status says what is stored, and the
// same PUT is answered 201 once the copy has ended.
func TestPutIsRepeatedWhoseCopyIsPending(t *testing.T) {
	t.Parallel()
	for how, inPut := range map[string]int{"all in the PUT": mebibyte, "nothing in the PUT": 0} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
			content := registrytest.Random(t.Name(), mebibyte)
			last := content[len(content)-inPut:]
			u, err := startUpload(t.Context(), r, "pending")
			require.NoError(t, err)
			if inPut == 0 {
				require.NoError(t, u.patch(t.Context(), r, 0, content))
			}
			s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(leftCopy)})
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			put := make(chan error, 1)
			cut := *u
			go func() { put <- cut.commit(ctx, r, digestOf(content), last) }()
			require.Eventually(t, func() bool { return waiting(s) }, registrytest.Patience, registrytest.Tick, "nobody waits for the copy")
			leave()
			require.ErrorIs(t, <-put, context.Canceled)
			s.MustHaveStruck(t)

			status := *u
			require.Equal(t, "0-1048575", status.status(t, r))
			require.NoError(t, u.commit(t.Context(), r, digestOf(content), last))
			requireBlob(t.Context(), t, r, "pending", content)
			require.Equal(t, []string{digestOf(content).Encoded()}, s.Digests(t))
		})
	}
}
