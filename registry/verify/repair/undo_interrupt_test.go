package repair_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func TestUndoKilledAtEveryWriteRequest(t *testing.T) { atEveryWriteRequest(t, 20, killUndoAt) }

// killUndoAt undoes all of a repair with a process that is killed at request n,
// and tells whether it was.
func killUndoAt(t *testing.T, n int, stepwise, after bool) bool {
	r := small(t, stepwise)
	known := make(map[string]bool)
	for _, f := range find(t, r.Driver, true) {
		known[f.Path] = true
	}
	damaged := registryOnly(t, r)
	var records []string
	for _, result := range apply(t, r.Driver, repair.Options{Apply: true, Quarantine: true}) {
		records = append(records, result.Record)
	}
	require.Len(t, records, 4)

	m := &mortal{StorageDriver: r.Driver, left: n, after: after, stepwise: stepwise}
	for _, record := range records {
		if _, err := repair.Undo(t.Context(), m, record); m.hit {
			require.ErrorIs(t, err, errKilled)
			break
		}
	}
	for _, f := range find(t, r.Driver, true) {
		// While a stepwise move is under way the file itself is missing.
		require.True(t, known[f.Path] || stepwise, "killed at request %d: new finding %+v", n, f)
	}
	for _, record := range records {
		_, err := repair.Undo(t.Context(), r.Driver, record)
		if !errors.Is(err, repair.ErrUndone) {
			require.NoError(t, err, "killed at request %d", n)
		}
	}
	require.Equal(t, damaged, registryOnly(t, r), "killed at request %d", n)
	return m.hit
}

// registryOnly returns the content of every file outside the quarantine.
func registryOnly(t *testing.T, r *verifytest.Registry) map[string]string {
	files := contents(t, r.Driver)
	maps.DeleteFunc(files, func(p, _ string) bool { return strings.HasPrefix(p, layout.Quarantine+"/") })
	return files
}
