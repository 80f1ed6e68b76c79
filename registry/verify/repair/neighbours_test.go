package repair_test

import (
	"testing"
	"time"

	"github.com/distribution/distribution/v3/registry/storage"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
)

// TestRegistryNeverTouchesTheQuarantine runs what walks the storage in upstream's
// registry: garbage collection, upload purging, and the catalog.
func TestRegistryNeverTouchesTheQuarantine(t *testing.T) {
	r, _ := damaged(t)
	apply(t, r.Driver, repair.Options{Apply: true})
	before := contents(t, r.Driver)

	registry, err := storage.NewRegistry(t.Context(), r.Driver, storage.EnableDelete)
	require.NoError(t, err)
	require.NoError(t, storage.MarkAndSweep(t.Context(), r.Driver, registry, storage.GCOpts{RemoveUntagged: false, Quiet: true}))
	_, errs := storage.PurgeUploads(t.Context(), r.Driver, time.Now().Add(time.Hour), true)
	require.Empty(t, errs)
	names := make([]string, 10)
	n, _ := registry.Repositories(t.Context(), names, "")
	require.Equal(t, []string{"a"}, names[:n])

	kept := 0
	after := contents(t, r.Driver)
	for p, content := range before {
		if len(p) > len(layout.Quarantine) && p[:len(layout.Quarantine)] == layout.Quarantine {
			require.Equal(t, content, after[p], p)
			kept++
		}
	}
	require.Positive(t, kept)
	require.Empty(t, find(t, r.Driver, true), "garbage collection left a sound registry")
}
