package product

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
)

// upstreamModule is what the fork is made from; `make rebase` moves it.
const upstreamModule = "github.com/distribution/distribution/v3"

// requirement is one line of a go.mod.
type requirement struct {
	Path     string
	Indirect bool
}

// requirements reads a go.mod.
func requirements(t *testing.T, file string) []requirement {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json", file).Output()
	require.NoError(t, err)
	var parsed struct{ Require []requirement }
	require.NoError(t, json.Unmarshal(output, &parsed))
	require.NotEmpty(t, parsed.Require)
	return parsed.Require
}

// Dependabot may move the modules that are ours alone, all of them and no
// others: what upstream pins moves with upstream.
func TestDependabotMovesWhatIsOursAlone(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", upstreamModule).Output()
	require.NoError(t, err)
	pinned := []string{upstreamModule}
	for _, module := range requirements(t, filepath.Join(strings.TrimSpace(string(dir)), "go.mod")) {
		pinned = append(pinned, module.Path)
	}
	dependOn(t, "../../go.mod")
	var ours []string
	for _, module := range requirements(t, "../../go.mod") {
		if !module.Indirect && !slices.Contains(pinned, module.Path) {
			ours = append(ours, module.Path)
		}
	}

	update := dependabot(t)["gomod /"]
	var allowed []string
	for _, dependency := range update.Allow {
		allowed = append(allowed, dependency.Name)
	}
	require.ElementsMatch(t, ours, allowed)
}

func TestDependabotMovesEveryTool(t *testing.T) {
	var tools []string
	for _, folder := range []string{"/tools", "/tests"} {
		files, err := filepath.Glob("../.." + folder + "/*/go.mod")
		require.NoError(t, err)
		require.NotEmpty(t, files, folder)
		for _, file := range files {
			tools = append(tools, folder+"/"+filepath.Base(filepath.Dir(file)))
		}
	}
	require.ElementsMatch(t, tools, dependabot(t)["gomod "].Directories)
}

// update is an entry of Dependabot's configuration.
type update struct {
	Ecosystem   string `yaml:"package-ecosystem"`
	Directory   string
	Directories []string
	Allow       []struct {
		Name string `yaml:"dependency-name"`
	}
}

// dependabot reads the configuration, by ecosystem and directory.
func dependabot(t *testing.T) map[string]update {
	t.Helper()
	content, err := os.ReadFile("../../.github/dependabot.yml")
	require.NoError(t, err)
	var config struct{ Updates []update }
	require.NoError(t, yaml.Unmarshal(content, &config))
	updates := map[string]update{}
	for _, u := range config.Updates {
		updates[u.Ecosystem+" "+u.Directory] = u
	}
	return updates
}
