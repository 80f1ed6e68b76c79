package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution/distribution/v3/registry/storage"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// What uploads leave is purged by the age of their files, whether or not they have a date:
// of one whose date is lost, and of one that stock has stored a state of the hash for after
// it was cancelled. The registry purges some time within the hour after its start, so that
// it is the purge itself that runs here, on what the registry has stored.
func TestPurgeOfUploadsWithoutADate(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	const repository = "docker/registry/v2/repositories/purge"
	u, err := startUpload(t.Context(), r, "purge")
	require.NoError(t, err)
	require.NoError(t, u.patch(t.Context(), r, 0, []byte("content")))
	dated := false
	for _, name := range s.Names(t) {
		if strings.HasSuffix(name, "/startedat") {
			_, err := s.Direct.NewBlobClient(name).Delete(t.Context(), nil)
			require.NoError(t, err)
			dated = true
		}
	}
	require.True(t, dated)
	s.Put(t, repository+"/_uploads/6fd0a8a3-5d3b-4d8a-8d5f-0a3c4f1b2e77/hashstates/sha256/7", []byte("state"))
	image := newImage(t, "purge", newLayer(t.Name(), kibibyte))
	require.NoError(t, push(t.Context(), latest(t, r, "purge"), image))

	driver, err := azure.New(t.Context(), &azure.DriverParameters{
		AccountName: s.Server.Account, AccountKey: s.Server.Key, Container: s.Container, ServiceURL: s.URL(),
	})
	require.NoError(t, err)
	uploads := func() (names []string) {
		for _, name := range s.Names(t) {
			if strings.Contains(name, "/_uploads/") {
				names = append(names, name)
			}
		}
		return names
	}
	before := uploads()
	_, errs := storage.PurgeUploads(t.Context(), driver, time.Now().Add(-time.Hour), true)
	require.Empty(t, errs)
	require.Equal(t, before, uploads(), "uploads are purged that may go on")
	_, errs = storage.PurgeUploads(t.Context(), driver, time.Now().Add(time.Hour), true)
	require.Empty(t, errs)
	require.Empty(t, uploads())
	require.NoError(t, pull(t.Context(), latest(t, r, "purge"), image))
}

// A request that ends after its upload was cancelled leaves nothing behind.
func TestCancelledUploadLeavesNothing(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"retry_budget": "5s"})})
	u, err := startUpload(t.Context(), r, "cancelled")
	require.NoError(t, err)
	patched, send := u.heldBack(t, r, []byte("first"))
	cancelled := *u
	answer, err := cancelled.send(t.Context(), r, "DELETE", cancelled.location, nil, nil)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, 204, answer.StatusCode)
	_, _ = send.Write([]byte("second")) // the registry may have answered already
	_ = send.Close()
	require.Error(t, <-patched)
	for _, name := range s.Names(t) {
		require.NotContains(t, name, "/_uploads/")
	}
}
