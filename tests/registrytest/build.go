package registrytest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// ours is the package of the binary.
const ours = "github.com/distribution-azure/distribution/v3/cmd/registry"

// scratch is where the binary is, set by Main.
var scratch string

// Main runs the tests of a package whose tests call [Start], and removes the binary in the
// end. It doesn't return.
func Main(m *testing.M) {
	var err error
	if scratch, err = os.MkdirTemp("", "registrytest-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(scratch); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// MainOn is Main for another binary than ours, if the path isn't empty.
func MainOn(m *testing.M, path string) {
	if path != "" {
		build = func() (string, error) { return path, nil }
	}
	Main(m)
}

// binary is the path of the binary, built by the first call, with the race detector if the
// tests have it.
func binary(t testing.TB) string {
	t.Helper()
	require.NotEmpty(t, scratch, "the package has no TestMain that calls registrytest.Main")
	path, err := build()
	require.NoError(t, err)
	return path
}

var build = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "registry")
	args := []string{"build", "-o", path}
	if RaceEnabled() {
		args = append(args, "-race")
	}
	output, err := exec.Command("go", append(args, ours)...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go %v: %w\n%s", args, err, output)
	}
	return path, nil
})

// RaceEnabled tells whether tests and registry are built with the race detector.
func RaceEnabled() bool {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return false
	}
	for _, s := range info.Settings {
		if s.Key == "-race" {
			return s.Value == "true"
		}
	}
	return false
}
