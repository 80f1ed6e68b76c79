package product

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pinned is an action at a full commit id, with the version it had for people
// and for Dependabot.
var pinned = regexp.MustCompile(`^[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$`)

func TestWorkflowsPinEveryActionByCommit(t *testing.T) {
	files, err := filepath.Glob("../../.github/workflows/*.yml")
	require.NoError(t, err)
	actions := 0
	for _, file := range files {
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Contains(t, string(content), "\npermissions:\n  contents: read\n", "%s: jobs start with all permissions of the token", file)
		for line := range strings.Lines(string(content)) {
			_, action, found := strings.Cut(line, "uses: ")
			if !found {
				continue
			}
			actions++
			require.Regexp(t, pinned, strings.TrimSpace(action), file)
		}
	}
	require.Greater(t, actions, 20)
}
