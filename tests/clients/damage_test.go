package clients

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// storedTwice stores the bytes of every file twice over, as the azure driver's old fault
// did: all blobs, all manifests, all links. Each is to be one finding, and nothing else is
// to be one; repair is to make all of them as they were.
func storedTwice(t *testing.T, r *server) {
	t.Helper()
	right := files(t, r.storage)
	for path, content := range right {
		require.NoError(t, os.WriteFile(filepath.Join(r.storage, path), []byte(content+content), 0o600))
	}
	full := r.found(t, "--full")
	require.Len(t, full, len(right))
	for path := range right {
		require.Equal(t, "yes", full["/"+path].Mend.Chance, path)
	}
	for path, finding := range r.found(t, "--quick") {
		require.Equal(t, full[path].Path, path)
		require.NotEqual(t, "no", finding.Mend.Chance, path)
	}
	r.run(t, "repair", "--full", "--apply")
	require.Equal(t, right, files(t, r.storage))
	r.clean(t, 1)
}

// files has the blobs and links that aren't empty, by their paths below a root directory.
func files(t *testing.T, root string) map[string]string {
	t.Helper()
	all := make(map[string]string)
	require.NoError(t, fs.WalkDir(os.DirFS(root), "docker/registry/v2", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.Contains(path, "/_uploads/") {
			return err
		}
		content, err := os.ReadFile(filepath.Join(root, path)) //nolint:gosec // of the test's own registry
		if len(content) > 0 {
			all[path] = string(content)
		}
		return err
	}))
	require.NotEmpty(t, all)
	return all
}

type finding struct {
	Type, Kind, Path string
	Mend             struct{ Chance string }
}

// found is what verify finds, by path: damage.
func (r *server) found(t *testing.T, depth string) map[string]finding {
	t.Helper()
	report, err := attempt(t, nil, r.binary, "verify", depth, "--format", "json", r.config)
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit) && exit.ExitCode() == 1, err)
	all := make(map[string]finding)
	for line := range strings.Lines(report) {
		var f finding
		require.NoError(t, json.Unmarshal([]byte(line), &f))
		if f.Type == "finding" {
			require.NotContains(t, all, f.Path)
			all[f.Path] = f
		}
	}
	return all
}
