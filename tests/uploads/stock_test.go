package uploads

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// A search that finds nothing proves nothing unless it finds what is there: built
// outside of the workspace, it runs on pristine upstream, whose registry puts other
// bytes under a digest with every driver.
func TestSearchFindsTheHoleInPristineUpstream(t *testing.T) {
	search := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-v", "-run", "^TestSchedulesOfTwoClients$", ".")
	search.Env = append(os.Environ(), "GOWORK=off")
	output, err := search.CombinedOutput()
	var failed *exec.ExitError
	require.ErrorAs(t, err, &failed, "%s", output)
	require.Contains(t, string(output), "other bytes under the digest of client")
	for _, driver := range []string{"inmemory", "filesystem", "azure"} {
		require.Contains(t, string(output), "--- FAIL: TestSchedulesOfTwoClients/"+driver+" ")
	}
}
