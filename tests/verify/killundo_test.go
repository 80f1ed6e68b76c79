package verify

import (
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestUndoKilledAtEveryWriteRequest does to --undo what the test above does to
// --apply: for a layer that was mended, and for one that was taken away.
func TestUndoKilledAtEveryWriteRequest(t *testing.T) {
	for _, kind := range []verify.Kind{verify.BlobTooLong, verify.BlobEmpty} {
		for _, answered := range []bool{false, true} {
			n := 1
			for undoKilledAt(t, kind, n, answered) {
				n++
			}
			require.Greater(t, n, 3, "write requests")
		}
	}
}

// undoKilledAt repairs a layer that is damaged in one way, undoes it with a process
// that is killed at write request n, and tells whether that happened.
func undoKilledAt(t *testing.T, kind verify.Kind, n int, answered bool) bool {
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

	hit := killAtWrite(t, p, n, answered, exec.CommandContext(t.Context(), binary(t), "repair", config, "--undo", record))
	if hit {
		_, found := reportOf(t, r)
		require.LessOrEqual(t, found, 1, "killed at write request %d", n)
		again := registry(t, "repair", config, "--undo", record)
		require.True(t, again.code == 0 || strings.Contains(again.stderr, "undone before"),
			"killed at write request %d:\n%s%s", n, again.stdout, again.stderr)
	}
	stored, err := a.Driver.GetContent(t.Context(), path)
	require.NoError(t, err, "killed at write request %d", n)
	require.Equal(t, damaged, stored, "killed at write request %d", n)
	return hit
}

// killAtWrite runs a command that is killed at write request n, counted from now,
// and tells whether that happened.
func killAtWrite(t *testing.T, p *proxy, n int, answered bool, cmd *exec.Cmd) bool {
	t.Helper()
	var hit atomic.Bool
	started := make(chan struct{}) // closed once there is a process to kill
	before := p.written()
	p.watch(func(request int, after bool) bool {
		request -= before
		if request == n && after == answered {
			hit.Store(true) // before the process can be seen to have ended
			<-started
			assert.NoError(t, cmd.Process.Kill())
		}
		return request < n || request == n && !after && answered
	})
	require.NoError(t, cmd.Start())
	close(started)
	_ = cmd.Wait() // killed, or done
	p.watch(nil)
	return hit.Load()
}
