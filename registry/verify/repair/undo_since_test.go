package repair_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestUndoOfAKilledRepairLeavesWhatWasPushedSince kills a repair at each of its write
// requests. Then the layer is pushed, which stores it only where it isn't right, and
// the repair is run again or not. Undoing puts the damaged bytes back over what repair
// wrote, and never over what was pushed.
func TestUndoOfAKilledRepairLeavesWhatWasPushedSince(t *testing.T) {
	atEveryWriteRequest(t, 10, func(t *testing.T, n int, stepwise, after bool) bool {
		hit := undoAfterKillAndPush(t, n, stepwise, after, false)
		return undoAfterKillAndPush(t, n, stepwise, after, true) && hit
	})
}

func undoAfterKillAndPush(t *testing.T, n int, stepwise, after, again bool) bool {
	r := mortalRegistry(t, stepwise)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000, Lost: 1})
	r.PushImage("a", "v1", layer)
	p := layout.BlobPath(layer.Digest)
	damaged, err := r.Driver.GetContent(t.Context(), p)
	require.NoError(t, err)
	m := &mortal{StorageDriver: r.Driver, left: n, after: after, stepwise: stepwise}
	found := find(t, r.Driver, true)
	_, err = repair.Run(t.Context(), m, found, repair.Options{Apply: true}, ignored)
	require.Equal(t, m.hit, err != nil)

	held, err := r.Driver.GetContent(t.Context(), p)
	pushed := err != nil || !bytes.Equal(held, r.Right[p])
	if pushed {
		r.Replace(p, r.Right[p])
	}
	if again {
		_, err = repair.Run(t.Context(), r.Driver, find(t, r.Driver, true), repair.Options{Apply: true}, ignored)
		require.NoError(t, err)
	}
	folders, err := r.Driver.List(t.Context(), layout.Quarantine)
	if err != nil {
		return m.hit // killed before anything was written
	}
	require.Len(t, folders, 1)
	_, err = repair.Undo(t.Context(), r.Driver, folders[0])
	if refused := errors.Is(err, repair.ErrStoredSince) || errors.Is(err, repair.ErrNoRecord); !refused {
		require.NoError(t, err, "killed at request %d", n)
		require.False(t, pushed, "killed at request %d", n)
	} else if !stepwise { // there a move leaves its source until the end
		require.True(t, pushed, "killed at request %d: %v", n, err)
	}
	held, err = r.Driver.GetContent(t.Context(), p)
	require.NoError(t, err)
	if pushed {
		require.Equal(t, r.Right[p], held, "killed at request %d", n)
	} else if !stepwise {
		require.Equal(t, damaged, held, "killed at request %d", n)
	}
	return m.hit
}
