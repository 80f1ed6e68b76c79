package verify

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestRepairKilledAtEveryWriteRequest kills the process at each of its requests to
// Azurite that write something: before the request gets there, and after it was
// carried out. What is lost for good is the only damage left, and stays known.
func TestRepairKilledAtEveryWriteRequest(t *testing.T) {
	t.Parallel()
	atEveryWrite(t, 15, repairKilledAt)
}

// repairKilledAt repairs a small registry with a process that is killed at a write
// request, and then again.
func repairKilledAt(t *testing.T, k *kill) {
	a := verifytest.NewAzure(t)
	r := verifytest.New(t, a.Driver, a)
	r.PushImage("a", "v1", r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000, Lost: 1}))
	for p, right := range r.Right {
		if strings.HasSuffix(p, "current/link") {
			r.PutFile(p, right, 1)
		}
	}
	lost := r.PushBlob("a", verifytest.Noise(2, 900))
	r.PushImage("a", "v2", lost)
	r.Empty(layout.BlobPath(lost.Digest))

	p := newProxy(t, a)
	config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
	before, found := reportOf(t, r)
	require.Equal(t, 3, found)

	k.run(t, p, exec.CommandContext(t.Context(), binary(t), "repair", config, "--from", before, "--apply", "--quarantine"))
	if k.at > 0 {
		after, found := reportOf(t, r)
		require.LessOrEqual(t, found, 3)
		again := registry(t, "repair", config, "--from", after, "--apply", "--quarantine")
		require.Equal(t, 1, again.code, again.stdout+again.stderr)
	}
	require.Equal(t, []string{layout.BlobPath(lost.Digest)}, r.Wrong())
	_, left := reportOf(t, r)
	require.Equal(t, 1, left)
}

// reportOf verifies in this process, which needn't wait for pushes to end. It
// returns the report and the number of findings.
func reportOf(t *testing.T, r *verifytest.Registry) (string, int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report")
	file, err := os.Create(path)
	require.NoError(t, err)
	out := report.NewJSON(file, "")
	summary, err := verify.Run(t.Context(), r.Driver, verify.Options{Full: true, Settle: time.Millisecond}, out.Finding)
	require.NoError(t, err)
	require.NoError(t, out.Summary(summary))
	require.NoError(t, file.Close())
	return path, summary.Findings
}
