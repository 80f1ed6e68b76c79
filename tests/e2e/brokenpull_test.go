package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// The body of a layer breaks off three times on its way from the storage, at any byte. A client that reads
// through the registry notices nothing: it gets every byte, once and in order, in the one answer.
func TestPullWhoseBodyBreaksOffThreeTimes(t *testing.T) {
	t.Parallel()
	const size = 40*mebibyte + 12_347
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	content := registrytest.Random(t.Name(), size)
	wanted, err := pushChunks(t.Context(), "broken/pull", content, 16*mebibyte, r)
	require.NoError(t, err)

	for name, cuts := range map[string][3]faultproxy.Kind{
		"halves":                     {faultproxy.CutResponse, faultproxy.CutResponse, faultproxy.CutResponse},
		"before the first byte":      {faultproxy.CutAfter(0), faultproxy.CutAfter(0), faultproxy.CutAfter(0)},
		"one byte each":              {faultproxy.CutAfter(1), faultproxy.CutAfter(1), faultproxy.CutAfter(1)},
		"odd places":                 {faultproxy.CutAfter(4099), faultproxy.CutAfter(7*mebibyte + 13), faultproxy.CutAfter(20*mebibyte - 1)},
		"before the last byte":       {faultproxy.CutAfter(size - 1), faultproxy.CutAfter(0), faultproxy.CutAfter(0)},
		"while it comes again, too":  {faultproxy.CutAfter(mebibyte), faultproxy.ResetBefore, faultproxy.CutAfter(3)},
		"once by silence, cut twice": {faultproxy.CutAfter(mebibyte + 1), faultproxy.StallAfter, faultproxy.CutResponse},
	} {
		t.Run(name, func(t *testing.T) {
			var armed [3]*faultproxy.Armed
			for i, cut := range cuts {
				armed[i] = s.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: cut, Match: wanted.Encoded()})
			}
			requireBlob(t.Context(), t, r, "broken/pull", content)
			for _, a := range armed {
				require.Equal(t, 1, a.Struck(), "%v", a)
			}
			s.Disarm()
		})
	}
	require.Len(t, r.Log.Lines("download broke off and was resumed"), 7*3-2, "two of the faults struck the second request for one break")
}
