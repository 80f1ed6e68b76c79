package e2e

import (
	"os/exec"
	"path"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/lease"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// collection is a registry on a storage of its own, for its garbage to be collected.
type collection struct {
	*testing.T
	*registrytest.Storage
	registry *registrytest.Registry
}

func newCollection(t *testing.T) collection {
	t.Helper()
	s := registrytest.NewStorage(t)
	return collection{t, s, registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{
		"retry_delay": "10ms", "max_retry_delay": "50ms", "max_retries": 2, "retry_budget": "3s", "try_timeout": "2s",
	})})}
}

// collect runs garbage-collect and returns what it says.
func (c collection) collect(flags ...string) (string, error) {
	c.Helper()
	text, err := registrytest.Command(c.T, nil, append(append([]string{"garbage-collect"}, flags...), c.registry.Config)...).CombinedOutput()
	return string(text), err
}

// ends runs garbage-collect, which has to succeed.
func (c collection) ends(flags ...string) {
	c.Helper()
	text, err := c.collect(flags...)
	require.NoError(c, err, "%s", text)
}

func (c collection) push(repository string) v1.Image {
	c.Helper()
	image := newImage(c.T, repository, newLayer(repository, kibibyte))
	require.NoError(c, push(c.Context(), latest(c.T, c.registry, repository), image))
	return image
}

// delete deletes what has all of these words in its name, past the registry.
func (c collection) delete(words ...string) {
	c.Helper()
	n := 0
	for _, name := range c.Names(c.T) {
		matches := true
		for _, word := range words {
			matches = matches && strings.Contains(name, word)
		}
		if matches {
			_, err := c.Direct.NewBlobClient(name).Delete(c.Context(), nil)
			require.NoError(c, err)
			n++
		}
	}
	require.NotZero(c, n, "nothing has %q in its name", words)
}

// A fresh container is no failure.
func TestGarbageCollectOfAnEmptyContainer(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	for _, flags := range [][]string{nil, {"--dry-run"}, {"--delete-untagged"}} {
		c.ends(flags...)
	}
	require.Empty(t, c.Names(t))
}

// distribution#4443: with the last tag the layers go, and the link of the revision stayed. Every
// later collection failed for the whole registry.
func TestGarbageCollectAfterTheLastTagIsDeleted4443(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	kept := c.push("kept")
	c.push("last")
	c.delete("/last/_manifests/tags/")
	c.ends("--delete-untagged", "--dry-run")
	for range 2 {
		c.ends("--delete-untagged")
		for _, name := range c.Names(t) {
			require.NotContains(t, name, "/last/", "nothing of the repository is left")
		}
		require.Len(t, c.Digests(t), 3, "layer, configuration and manifest of the other image")
	}
	require.NoError(t, pull(t.Context(), latest(t, c.registry, "kept"), kept))
	c.push("last")
}

// What stock releases left behind is collected, too.
func TestGarbageCollectOfWhatStockLeft4443(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	c.push("last")
	c.delete("/last/_manifests/tags/")
	c.delete("/last/_layers/")
	c.delete("/blobs/sha256/")
	c.ends()
	c.ends("--delete-untagged")
	require.Empty(t, c.Names(t))
}

func TestGarbageCollectOfARepositoryWithoutLayers(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	c.push("without")
	c.delete("/without/_layers/")
	for range 2 {
		c.ends("--delete-untagged")
		require.Len(t, c.Digests(t), 3, "what a manifest names is kept")
	}
	c.delete("/without/_manifests/")
	c.ends()
	require.Empty(t, c.Names(t))
}

// Somebody holds two blobs. The rest goes, in every run, and both are named.
func TestGarbageCollectGoesOnAfterBlobsThatAreLeased(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	c.push("one")
	c.push("two")
	held := c.blobs()[:2]
	var leases []*lease.BlobClient
	for _, name := range held {
		client, err := lease.NewBlobClient(c.Direct.NewBlobClient(name), nil)
		require.NoError(t, err)
		_, err = client.AcquireLease(t.Context(), -1, nil)
		require.NoError(t, err)
		leases = append(leases, client)
	}
	c.delete("/_manifests/")

	for range 2 {
		text, err := c.collect()
		var failed *exec.ExitError
		require.ErrorAs(t, err, &failed, "not all is deleted")
		require.Equal(t, 1, failed.ExitCode())
		last := text[strings.LastIndex(text, "failed to garbage collect"):]
		for _, name := range held {
			require.Contains(t, last, path.Base(path.Dir(name)))
		}
		require.Contains(t, last, "LeaseIdMissing")
		require.Equal(t, held, c.Names(t))
	}
	for _, client := range leases {
		_, err := client.ReleaseLease(t.Context(), nil)
		require.NoError(t, err)
	}
	c.ends()
	require.Empty(t, c.Names(t))
}

// A blob with a snapshot goes together with it, and keeps nothing else.
func TestGarbageCollectOfABlobWithASnapshot(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	kept := c.push("kept")
	c.push("dropped")
	for _, name := range c.blobs() {
		_, err := c.Direct.NewBlobClient(name).CreateSnapshot(t.Context(), nil)
		require.NoError(t, err)
	}
	c.delete("/dropped/_manifests/")
	c.ends()
	require.Len(t, c.Digests(t), 3, "layer, configuration and manifest of the other image")
	require.NoError(t, pull(t.Context(), latest(t, c.registry, "kept"), kept))
}

func (c collection) blobs() (names []string) {
	for _, name := range c.Names(c.T) {
		if strings.Contains(name, "/blobs/sha256/") {
			names = append(names, name)
		}
	}
	return names
}

// Somebody else answers in the service's place while it is found out what is needed: then nothing
// is deleted, and that is an error.
func TestGarbageCollectDeletesNothingOnForeignAnswers(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 403, 404, 503} {
		for _, op := range []faultproxy.Op{faultproxy.List, faultproxy.Get} {
			kind := faultproxy.Foreign(status, true)
			t.Run(kind.String()+" on "+string(op), func(t *testing.T) {
				t.Parallel()
				c := newCollection(t)
				image := c.push("alive")
				c.push("garbage")
				c.delete("/garbage/_manifests/")
				before := c.Names(t)
				c.Arm(faultproxy.Fault{Op: op, Kind: kind, Skip: 1, Times: -1})
				_, err := c.collect("--delete-untagged")
				require.Error(t, err)
				require.Equal(t, before, c.Names(t))
				c.Disarm()

				c.ends("--delete-untagged")
				require.Less(t, len(c.Names(t)), len(before))
				require.NoError(t, pull(t.Context(), latest(t, c.registry, "alive"), image))
			})
		}
	}
}

// A manifest that nobody can take apart may name any blob.
func TestGarbageCollectStopsAtAManifestThatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	c := newCollection(t)
	image := c.push("app")
	digest, err := image.Digest()
	require.NoError(t, err)
	name := "docker/registry/v2/blobs/sha256/" + digest.Hex[:2] + "/" + digest.Hex + "/data"
	_, err = c.Direct.NewBlockBlobClient(name).UploadBuffer(t.Context(), []byte(`{"schemaVersion":2,"mediaType":"application/unheard.of"}`), nil)
	require.NoError(t, err)
	before := c.Names(t)
	text, err := c.collect()
	require.Error(t, err)
	require.Contains(t, text, digest.Hex)
	require.Equal(t, before, c.Names(t))

	require.NoError(t, remote.Delete(latest(t, c.registry, "app").Digest(digest.String()), registrytest.Once(t.Context())...))
	c.ends()
	require.Empty(t, c.Names(t))
}
