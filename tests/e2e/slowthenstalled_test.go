package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// A small block that took seconds makes the driver patient with the larger ones after it. One that
// stalls must not take the whole retry budget for that: there has to be time for a second attempt.
func TestStallAfterASlowBlockIsSurvived(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"retry_budget": "20s"})})
	u, err := startUpload(t.Context(), r, "slow/first")
	require.NoError(t, err)
	s.SetLatency(1500 * time.Millisecond)
	require.NoError(t, u.patch(t.Context(), r, 0, registrytest.Random(t.Name(), 300*kibibyte)))
	s.SetLatency(0)

	content := registrytest.Random(t.Name(), 6*mebibyte)
	stalled := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.StallBefore})
	_, err = pushChunks(t.Context(), "slow/stalled", content, 8*mebibyte, r)
	require.NoError(t, err)
	require.Equal(t, 1, stalled.Struck())
	requireBlob(t.Context(), t, r, "slow/stalled", content)
}

// The attempt that the retry budget ended may have been the one that landed: it is looked for once more.
func TestBlockThatLandedAsTheBudgetEndedIsFound(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"retry_budget": "6s"})})
	content := registrytest.Random(t.Name(), 6*mebibyte)
	lost := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.StallBefore})
	landed := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.StallAfter})
	_, err := pushChunks(t.Context(), "budget/ended", content, 8*mebibyte, r)
	require.NoError(t, err)
	require.Equal(t, 1, lost.Struck())
	require.Equal(t, 1, landed.Struck())
	requireBlob(t.Context(), t, r, "budget/ended", content)
}
