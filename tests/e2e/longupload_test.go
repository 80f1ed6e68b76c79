package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Of the 500 PATCH requests of an upload, none costs more requests to storage than the
// first that went on with what another had stored. Stock lists the states of the hash in
// each, of which there is one for each PATCH.
func TestLaterPatchesOfAnUploadCostNoMoreRequests(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	const patches = 500
	content := registrytest.Random(t.Name(), patches*kibibyte)
	u, err := startUpload(t.Context(), r, "long")
	require.NoError(t, err)
	var first int
	for i := range patches {
		s.ResetCounts()
		require.NoError(t, u.patch(t.Context(), r, i*kibibyte, content[i*kibibyte:(i+1)*kibibyte]))
		switch i {
		case 0: // has no state to take up
		case 1:
			first = s.Total()
		default:
			require.LessOrEqual(t, s.Total(), first, "PATCH %d: %v", i, s.Requests())
		}
	}
	require.NoError(t, u.commit(t.Context(), r, digestOf(content), nil))
	requireBlob(t.Context(), t, r, "long", content)
}
