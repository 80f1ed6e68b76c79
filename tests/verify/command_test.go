package verify

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

// binaryFolder holds the binary for the tests of this package.
var binaryFolder string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		binaryFolder, err = os.MkdirTemp("", "registry-verify-")
		if err != nil {
			panic(err)
		}
		defer func() { _ = os.RemoveAll(binaryFolder) }()
		return m.Run()
	}())
}

// buildBinary builds cmd/registry, once.
var buildBinary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(binaryFolder, "registry")
	out, err := exec.Command("go", "build", "-o", path, "../../cmd/registry").CombinedOutput()
	if err != nil {
		err = errors.Join(err, errors.New(string(out)))
	}
	return path, err
})

func binary(t *testing.T) string {
	t.Helper()
	path, err := buildBinary()
	require.NoError(t, err)
	return path
}

// outcome is what a run of the binary left behind.
type outcome struct {
	code           int
	stdout, stderr string
	peakMemory     int64 // KiB
}

// registry runs the binary to its end.
func registry(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	peak := watchMemory(cmd.Process.Pid, done)
	err := cmd.Wait()
	close(done)
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return outcome{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String(), <-peak}
}

// findings runs verify and returns what it found, by path.
func findings(t *testing.T, config string, code int, args ...string) map[string]verify.Finding {
	t.Helper()
	o := registry(t, append([]string{"verify", "--format", "json", "--litter", config}, args...)...)
	require.Equal(t, code, o.code, o.stderr+o.stdout)
	list, err := report.ReadJSON(strings.NewReader(o.stdout), "")
	require.NoError(t, err)
	found := make(map[string]verify.Finding)
	for _, f := range list {
		require.NotContains(t, found, f.Path)
		found[f.Path] = f
	}
	return found
}

// results runs repair and returns what it did, by path.
func results(t *testing.T, config string, code int, args ...string) map[string]repair.Result {
	t.Helper()
	o := registry(t, append([]string{"repair", "--format", "json", config}, args...)...)
	require.Equal(t, code, o.code, o.stderr+o.stdout)
	lines := strings.Split(strings.TrimSpace(o.stdout), "\n")
	done := make(map[string]repair.Result)
	for _, line := range lines[:len(lines)-1] {
		var r repair.Result
		require.NoError(t, json.Unmarshal([]byte(line), &r))
		done[r.Finding.Path] = r
	}
	return done
}
