package product

import (
	"encoding/json"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// matches returns what the expression's group finds in the files, by file.
func matches(t *testing.T, expression string, patterns ...string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range files {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range regexp.MustCompile(expression).FindAllStringSubmatch(string(content), -1) {
				found[file] = append(found[file], match[1])
			}
		}
	}
	require.NotEmpty(t, found, expression)
	return found
}

// With GOTOOLCHAIN=local an older Go refuses a module that asks for a newer.
func TestWorkflowsAndImageUseOneGoThatIsNewEnough(t *testing.T) {
	builder := matches(t, `golang:([\d.]+)-alpine`, "../../Dockerfile")["../../Dockerfile"][0]
	for file, used := range matches(t, `go-version: (\S+)`, "../../.github/workflows/*.yml") {
		for _, version := range used {
			require.Equal(t, builder, version, "%s and the Dockerfile", file)
		}
	}
	modules := matches(t, `(?m)^(?:go|toolchain go) ?([\d.]+)$`, "../../go.mod", "../../tools/*/go.mod", "../../examples/*/go.mod")
	for file, asked := range modules {
		for _, needed := range asked {
			require.LessOrEqual(t, version.Compare("go"+needed, "go"+builder), 0, "%s asks for %s, the Dockerfile has %s", file, needed, builder)
		}
	}
}

func TestAzuriteHasOneVersion(t *testing.T) {
	content, err := os.ReadFile("../../internal/azurite/package.json")
	require.NoError(t, err)
	var manifest struct{ Dependencies map[string]string }
	require.NoError(t, json.Unmarshal(content, &manifest))
	for file, used := range matches(t, `azurite:(\d+\.[\w.-]+)`, "../../deploy/*.yaml", "../../docs/*.md", "../../README.md") {
		for _, version := range used {
			require.Equal(t, manifest.Dependencies["azurite"], version, file)
		}
	}
}

// Dependabot reads no FROM with an ARG in it.
func TestDependabotCanUpdateTheDockerfile(t *testing.T) {
	for _, image := range matches(t, `(?m)^FROM (?:--platform=\S+ )?(\S+)`, "../../Dockerfile")["../../Dockerfile"] {
		require.NotContains(t, image, "$")
	}
	require.Contains(t, dependabot(t), "docker /")
}

func TestReleaseNotesThatAreMissingAreNamed(t *testing.T) {
	output, err := exec.CommandContext(t.Context(), "make", "-C", "../..", "--no-print-directory", "release-notes", "VERSION=v0.0.0-azure.9").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), "CHANGELOG.md has no section '## v0.0.0-azure.9'")
}
