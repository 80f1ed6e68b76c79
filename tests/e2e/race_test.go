package e2e

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Two clients send the same chunk, or different ones, to one upload at the same time, through
// one registry or through two. What they get is the right bytes or an error. The bytes under a
// digest are always the digest's: see digests.
func TestTwoClientsRaceOnOneUpload(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	config := s.Azure(registrytest.Section{"retry_budget": "5s", "chunksize": 4 * mebibyte})
	one, two := registrytest.Start(t, registrytest.Options{Azure: config}), registrytest.Start(t, registrytest.Options{Azure: config})
	for name, race := range map[string]struct {
		second   *registrytest.Registry
		sameData bool
	}{
		"same bytes, one registry":    {one, true},
		"same bytes, two replicas":    {two, true},
		"other bytes, one registry":   {one, false},
		"other bytes, two replicas":   {two, false},
		"same bytes, replicas again":  {two, true},
		"other bytes, replicas again": {two, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contents := [2][]byte{registrytest.Random(name, 9*mebibyte), registrytest.Random(name, 9*mebibyte)}
			if !race.sameData {
				contents[1] = registrytest.Random("the other of "+name, 9*mebibyte)
			}
			upload, err := startUpload(t.Context(), one, "race")
			require.NoError(t, err)

			var failed [2]error
			var clients sync.WaitGroup
			for i, r := range []*registrytest.Registry{one, race.second} {
				clients.Go(func() {
					own := *upload
					failed[i] = finish(t.Context(), r, &own, contents[i])
				})
			}
			clients.Wait()

			stored := s.Digests(t)
			for i, content := range contents {
				t.Logf("client %d: %v", i, failed[i])
				if failed[i] == nil {
					require.Contains(t, stored, digestOf(content).Encoded(), "what a client was told is stored is not")
					requireBlob(t.Context(), t, one, "race", content)
					continue
				}
				var answer *answerError
				require.True(t, errors.As(failed[i], &answer), "not an answer of the registry: %v", failed[i])
			}

			// Whatever came of it, the next push succeeds.
			for _, content := range contents {
				_, err := pushChunks(t.Context(), "race", content, 4*mebibyte, one, two)
				require.NoError(t, err)
				requireBlob(t.Context(), t, two, "race", content)
			}
		})
	}
}

// finish sends the whole content to an upload and commits it.
func finish(ctx context.Context, r *registrytest.Registry, u *rawUpload, content []byte) error {
	if err := u.patch(ctx, r, 0, content); err != nil {
		return err
	}
	return u.commit(ctx, r, digest.FromBytes(content), nil)
}

// Several clients push one layer at the same time, each in an upload of its own: all succeed.
func TestClientsPushTheSameLayerAtOnce(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	one, two := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)}), registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	content := registrytest.Random(t.Name(), 5*mebibyte)
	errs := make(chan error)
	const clients = 6
	for i := range clients {
		go func() {
			_, err := pushChunks(t.Context(), fmt.Sprintf("same/%d", i%3), content, 2*mebibyte, one, two)
			errs <- err
		}()
	}
	for range clients {
		require.NoError(t, <-errs)
	}
	for i := range 3 {
		requireBlob(t.Context(), t, one, fmt.Sprintf("same/%d", i), content)
	}
	require.Equal(t, []string{digestOf(content).Encoded()}, s.Digests(t))
}
