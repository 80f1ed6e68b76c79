package conformance

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const (
	suitePackage = "github.com/opencontainers/distribution-spec/conformance"
	stockPackage = "github.com/distribution/distribution/v3/cmd/registry"

	knownFailures = "testdata/known-failures.txt"
	reports       = "../../build/conformance"
)

var update = flag.Bool("conformance.update", false, "write the list of known failures anew")

func TestMain(m *testing.M) { registrytest.Main(m) }

func TestConformance(t *testing.T) {
	scratch := t.TempDir()
	suite, stock := filepath.Join(scratch, "suite"), filepath.Join(scratch, "stock")
	build(t, "../../tools/conformance", suite, suitePackage)
	build(t, ".", stock, stockPackage)

	outcomes := map[string]results{}
	for name, binary := range map[string]string{"stock": stock, "ours": ""} {
		outcomes[name] = run(t, suite, name, binary)
		t.Logf("%s: %s", name, outcomes[name])
	}
	require.Empty(t, outcomes["ours"].worseThan(outcomes["stock"]), "stock passes these")

	failures := outcomes["ours"].failures()
	if *update {
		require.NoError(t, os.WriteFile(knownFailures, []byte(strings.Join(failures, "\n")+"\n"), 0o600))
		return
	}
	known := lines(t, knownFailures)
	require.Empty(t, without(failures, known), "these fail, and aren't in %s", knownFailures)
	require.Empty(t, without(known, failures), "these no longer fail: take them out of %s", knownFailures)
}

// build builds a program of the module in a folder, outside of the workspace: upstream as it is, and the suite
// with what its own module asks for.
func build(t *testing.T, dir, path, program string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-C", dir, "-o", path, program)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// run runs the suite against a registry on an empty container; an empty binary means ours.
func run(t *testing.T, suite, name, binary string) results {
	t.Helper()
	storage := registrytest.NewStorage(t)
	registry := registrytest.Start(t, registrytest.Options{
		Azure:  storage.Azure(registrytest.Section{"credentials": registrytest.Section{"type": "shared_key"}}),
		Binary: binary,
	})
	folder, err := filepath.Abs(filepath.Join(reports, name))
	require.NoError(t, err)
	require.NoError(t, os.RemoveAll(folder))

	cmd := exec.CommandContext(t.Context(), suite)
	cmd.Dir = t.TempDir() // it reads a configuration from the working directory
	cmd.Env = []string{
		"OCI_REGISTRY=" + registry.Address,
		"OCI_TLS=disabled",
		"OCI_VERSION=1.1",
		"OCI_RESULTS_DIR=" + folder,
	}
	output, err := cmd.CombinedOutput()
	var failed *exec.ExitError // as it does when any test fails
	if err != nil {
		require.ErrorAs(t, err, &failed)
	}
	outcome, err := readReport(filepath.Join(folder, "junit.xml"))
	require.NoError(t, err, "%s", output)
	return outcome
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
}

// without are the names that the others lack.
func without(names, others []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
}
