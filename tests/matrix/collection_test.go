package matrix

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/storage"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// collection is a registry with one image that is alive, for its garbage to be collected.
type collection struct {
	*registrytest.Storage
	driver storagedriver.StorageDriver
	alive  []string // names of blobs
}

func newCollection(t *testing.T, server *azurite.Server, settings registrytest.Section) *collection {
	t.Helper()
	c := &collection{Storage: registrytest.StorageOn(t, server)}
	var err error
	c.driver, err = factory.Create(t.Context(), "azure", configuration.Parameters(c.Azure(settings)))
	require.NoError(t, err)
	layer, config := []byte("a layer"), []byte("{}")
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",`+
		`"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":%d},`+
		`"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":%q,"size":%d}]}`,
		digest.FromBytes(config), len(config), digest.FromBytes(layer), len(layer))
	const repository = "docker/registry/v2/repositories/alive/"
	for _, blob := range [][]byte{layer, config} {
		c.Put(t, blobName(blob), blob)
		c.Put(t, repository+"_layers/sha256/"+digest.FromBytes(blob).Encoded()+"/link", []byte(digest.FromBytes(blob)))
	}
	link := digest.FromString(manifest)
	c.Put(t, blobName([]byte(manifest)), []byte(manifest))
	for _, name := range []string{
		"_manifests/revisions/sha256/" + link.Encoded() + "/link",
		"_manifests/tags/v1/current/link", "_manifests/tags/v1/index/sha256/" + link.Encoded() + "/link",
	} {
		c.Put(t, repository+name, []byte(link))
	}
	c.alive = c.Names(t)
	return c
}

func blobName(content []byte) string {
	hex := digest.FromBytes(content).Encoded()
	return "docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex + "/data"
}

// litter stores so many layers that nothing names.
func (c *collection) litter(t *testing.T, seed string, n int) {
	t.Helper()
	for i := range n {
		content := registrytest.Random(fmt.Sprint(seed, i), 100)
		_, err := c.Direct.NewBlockBlobClient(blobName(content)).UploadBuffer(t.Context(), content, nil)
		require.NoError(t, err)
	}
}

func (c *collection) collect(t *testing.T) error {
	registry, err := storage.NewRegistry(t.Context(), c.driver, storage.EnableDelete)
	require.NoError(t, err)
	return storage.MarkAndSweep(t.Context(), c.driver, registry, storage.GCOpts{Quiet: true, RemoveUntagged: true})
}

// asked are what a collection asks of the storage, and how much garbage makes it ask so.
var asked = map[faultproxy.Op]int{faultproxy.List: 1, faultproxy.Get: 1, faultproxy.Delete: 1, faultproxy.Batch: 4}

// collectionFaults are the foreign answers, and what else a request may meet.
func collectionFaults(op faultproxy.Op) []faultproxy.Kind {
	kinds := append(foreigners(op), faultproxy.Transient()...)
	return slices.DeleteFunc(kinds, func(kind faultproxy.Kind) bool {
		body := kind.String() == faultproxy.ResetMidBody.String() && op != faultproxy.Batch
		return body || !kind.Strikes(op)
	})
}

// One fault of any kind: the collection ends, what is alive stays and what isn't goes.
func TestCollectionUnderOneFault(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	for op, garbage := range asked {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			c := newCollection(t, server, patient)
			for _, kind := range collectionFaults(op) {
				c.litter(t, fmt.Sprint(op, kind), garbage)
				armed := c.Arm(faultproxy.Fault{Op: op, Kind: kind})
				require.NoError(t, c.collect(t), "%v", armed)
				c.MustHaveStruck(t)
				c.Disarm()
				require.NoError(t, c.Settle(t.Context()))
				require.ElementsMatch(t, c.alive, c.Names(t), "%v", armed)
			}
		})
	}
}

// Without end, from the first request on or a later one: what is alive stays, and a collection that fails
// names its cause.
func TestCollectionUnderFaultsWithoutEnd(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	var failed atomic.Int32
	t.Cleanup(func() { t.Logf("%d collections failed", failed.Load()) })
	for op, garbage := range asked {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			c := newCollection(t, server, hasty)
			for i, kind := range foreigners(op) {
				skip := 0
				if op == faultproxy.List || op == faultproxy.Get {
					skip = i % 2 // of a delete there may be only one
				}
				c.litter(t, fmt.Sprint(op, kind), garbage)
				if c.fails(t, faultproxy.Fault{Op: op, Kind: kind, Skip: skip}, notTheService) {
					failed.Add(1)
				}
			}
		})
	}
}

// fails collects under a fault without end and then without one: what is alive stays, and a failure names its cause.
func (c *collection) fails(t *testing.T, fault faultproxy.Fault, cause string) bool {
	t.Helper()
	fault.Times = -1
	armed := c.Arm(fault)
	err := c.collect(t)
	c.MustHaveStruck(t)
	c.Disarm()
	require.Subset(t, c.Names(t), c.alive, "%v: something alive was deleted", armed)
	if err != nil && !strings.Contains(err.Error(), cause) {
		t.Errorf("%v: the error doesn't name the cause: %v", armed, err)
	}
	require.NoError(t, c.collect(t))
	require.ElementsMatch(t, c.alive, c.Names(t), "%v: garbage is left", armed)
	return err != nil
}
