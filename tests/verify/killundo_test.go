package verify

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestUndoKilledAtEveryWriteRequest does to --undo what the test of repair does to
// --apply: for a layer that was mended, and for one that was taken away.
func TestUndoKilledAtEveryWriteRequest(t *testing.T) {
	t.Parallel()
	for _, kind := range []verify.Kind{verify.BlobTooLong, verify.BlobEmpty} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			atEveryWrite(t, 3, func(t *testing.T, k *kill) { undoKilledAt(t, kind, k) })
		})
	}
}

// undoKilledAt repairs a layer that is damaged in one way, undoes it with a process
// that is killed at a write request, and undoes it again.
func undoKilledAt(t *testing.T, kind verify.Kind, k *kill) {
	a := verifytest.NewAzure(t)
	r := verifytest.New(t, a.Driver, a)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000, Lost: 1})
	r.PushImage("a", "v1", layer)
	path := layout.BlobPath(layer.Digest)
	if kind == verify.BlobEmpty {
		r.Empty(path)
	}
	damaged, err := a.Driver.GetContent(t.Context(), path)
	require.NoError(t, err)
	p := newProxy(t, a)
	config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
	report, _ := reportOf(t, r)
	record := results(t, config, map[verify.Kind]int{verify.BlobTooLong: 0, verify.BlobEmpty: 1}[kind],
		"--from", report, "--apply", "--quarantine")[path].Record
	require.NotEmpty(t, record)

	k.run(t, p, exec.CommandContext(t.Context(), binary(t), "repair", config, "--undo", record))
	if k.at > 0 {
		_, found := reportOf(t, r)
		require.LessOrEqual(t, found, 1)
		again := registry(t, "repair", config, "--undo", record)
		require.True(t, again.code == 0 || strings.Contains(again.stderr, "undone before"), again.stdout+again.stderr)
	}
	stored, err := a.Driver.GetContent(t.Context(), path)
	require.NoError(t, err)
	require.Equal(t, damaged, stored)
}
