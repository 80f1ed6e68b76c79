package repair_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
)

func TestRecordThatCannotBeReadDoesNotKeepARepairFromTheRest(t *testing.T) {
	r, n := damaged(t)
	require.NoError(t, r.Driver.PutContent(t.Context(), layout.Quarantine+"/link-0/record.json", []byte(`{"state":"prep`)))
	actions := make(map[repair.Action]int)
	summary, err := repair.Run(t.Context(), r.Driver, find(t, r.Driver, false), repair.Options{Apply: true}, func(result repair.Result) error {
		actions[result.Action]++
		return nil
	})
	require.ErrorContains(t, err, "link-0/record.json")
	require.False(t, summary.Finished)
	require.Equal(t, map[repair.Action]int{repair.Mended: n, repair.Failed: 1}, actions)
	require.Empty(t, r.Wrong())
}
