package rules

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module   = "github.com/distribution-azure/distribution/v3"
	upstream = "github.com/distribution/distribution/v3"
	sdk      = "github.com/Azure/azure-sdk-for-go/sdk"
	driver   = module + "/registry/storage/driver/azure"
)

// within reports whether path is the package or module at root, or below it.
func within(path, root string) bool {
	return path == root || strings.HasPrefix(path, root+"/")
}

func TestProtocolBuffersAndBudgetStandAlone(t *testing.T) {
	for _, name := range []string{"appendlog", "blockbuf", "budget"} {
		packages := list(t, driver+"/internal/"+name)
		require.Len(t, packages, 1)
		for _, imported := range packages[0].Imports {
			first, _, _ := strings.Cut(imported, "/")
			require.NotContains(t, first, ".", "%s imports %s, which is not of the standard library", name, imported)
		}
	}
}

func TestConfigurationKnowsNoNetwork(t *testing.T) {
	packages := list(t, driver+"/internal/config")
	require.Len(t, packages, 1)
	for _, imported := range packages[0].Imports {
		for _, foreign := range []string{module, sdk + "/storage", sdk + "/azidentity", "net/http"} {
			require.False(t, within(imported, foreign), "config imports %s", imported)
		}
	}
}

// The driver says what the registry wants, internal/service what is asked of Azure: nobody else
// calls the SDK, and no layer knows of one above it.
func TestOnlyOneLayerCallsAzure(t *testing.T) {
	const asks = driver + "/internal/service"
	below := map[string][]string{
		asks:                           {driver + "/internal/config", driver + "/internal/budget"},
		driver + "/internal/config":    nil,
		driver + "/internal/budget":    nil,
		driver + "/internal/appendlog": nil,
		driver + "/internal/blockbuf":  nil,
	}
	asked := 0
	for _, p := range list(t, driver, driver+"/internal/...") {
		for _, imported := range p.Imports {
			if allowed, layer := below[p.ImportPath]; layer && within(imported, module) {
				require.Contains(t, allowed, imported, "%s calls %s", p.ImportPath, imported)
			}
			if !within(imported, sdk) || within(p.ImportPath, driver+"/internal/config") {
				continue
			}
			require.Equal(t, asks, p.ImportPath, "imports %s", imported)
			asked++
		}
	}
	require.Positive(t, asked, "the rule finds nothing to judge")
}

func TestDriversFolderStaysSmall(t *testing.T) {
	packages := list(t, driver)
	require.Len(t, packages, 1)
	require.LessOrEqual(t, len(packages[0].GoFiles), 16, "%v", packages[0].GoFiles)
}

// Packages whose name ends in "test" are for tests, as net/http/httptest is.
func TestTestDoublesAreImportedByTestsAndToolsOnly(t *testing.T) {
	doubles := []string{module + "/internal/azurite", module + "/internal/faultproxy"}
	allowed := slices.Concat(doubles, []string{module + "/tests", module + "/tools", module + "/bench"})
	for _, p := range list(t, "./...") {
		fits := func(root string) bool { return within(p.ImportPath, root) }
		if slices.ContainsFunc(allowed, fits) || strings.HasSuffix(p.ImportPath, "test") {
			continue
		}
		for _, double := range doubles {
			require.NotContains(t, p.Imports, double, p.ImportPath)
		}
	}
	for _, p := range list(t, "-deps", "./cmd/...") {
		require.NotContains(t, doubles, p.ImportPath, "in what is shipped")
	}
}

func TestDriverDependsOnNothingThatUpstreamDoesNot(t *testing.T) {
	pinned := requirements(t)
	foreign := 0
	for _, p := range list(t, "-deps", "-test", driver+"/...") {
		path, _, _ := strings.Cut(p.ImportPath, " ") // "package [package.test]" in the build of a test
		switch {
		case p.Standard, p.Module == nil, p.Module.Path == upstream:
		case p.Module.Path == module:
			require.True(t, within(strings.TrimSuffix(path, ".test"), driver), "the driver needs %s of this module", path)
		default:
			foreign++
			require.Equal(t, pinned[p.Module.Path], p.Module.Version, "upstream's version of %s, for %s", p.Module.Path, path)
		}
	}
	require.Positive(t, foreign, "the rule finds nothing to judge")
}

// Both drivers register under one name, which the factory doesn't allow. The program that measures
// upstream's and the test that compares what both read are the only ones that have it, and don't
// have ours.
func TestNobodyImportsUpstreamsAzureDriver(t *testing.T) {
	const upstreams, measured = upstream + "/registry/storage/driver/azure", module + "/bench/upstream"
	for _, p := range list(t, "-test", "./...") {
		if p.ImportPath == measured || strings.HasPrefix(p.ImportPath, driver+"/internal/config") {
			continue
		}
		require.NotContains(t, p.Imports, upstreams, p.ImportPath)
		require.NotContains(t, p.Imports, measured, p.ImportPath)
	}
	for _, p := range list(t, "-deps", "-test", measured, driver+"/internal/config") {
		require.NotEqual(t, driver, p.ImportPath)
	}
}

// goPackage is what `go list` tells about one.
type goPackage struct {
	ImportPath, Dir  string
	Standard         bool
	GoFiles, Imports []string
	Module           *struct{ Path, Version string }
}

// list runs `go list` in the module's root.
func list(t *testing.T, arguments ...string) []goPackage {
	t.Helper()
	output := run(t, append([]string{"list", "-json=ImportPath,Dir,Standard,GoFiles,Imports,Module"}, arguments...)...)
	var packages []goPackage
	for decoder := json.NewDecoder(strings.NewReader(output)); ; {
		var p goPackage
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			return packages
		}
		require.NoError(t, err)
		packages = append(packages, p)
	}
}

// requirements are the versions in upstream's go.mod by module.
func requirements(t *testing.T) map[string]string {
	t.Helper()
	file := strings.TrimSpace(run(t, "list", "-m", "-f", "{{.GoMod}}", upstream))
	var mod struct {
		Require []struct{ Path, Version string }
	}
	require.NoError(t, json.Unmarshal([]byte(run(t, "mod", "edit", "-json", file)), &mod))
	versions := map[string]string{}
	for _, required := range mod.Require {
		versions[required.Path] = required.Version
	}
	return versions
}

func run(t *testing.T, arguments ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", arguments...)
	cmd.Dir = "../.."
	output, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		t.Fatalf("go %v: %v\n%s", arguments, err, exit.Stderr)
	}
	require.NoError(t, err)
	return string(output)
}
