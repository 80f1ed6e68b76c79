package product

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// finalStages are the stages of the Dockerfile that become images.
var finalStages = []string{"alpine", "static"}

// stage is what a container engine reads of an image's configuration.
type stage struct {
	entrypoint, cmd, exposed, volumes []string
	env                               []string
}

// readStage reads those instructions of one stage of the Dockerfile that end
// up in the image's configuration. No build engine is needed to know them.
func readStage(t *testing.T, name string) stage {
	t.Helper()
	content, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	var s stage
	inside := false
	for line := range strings.Lines(string(content)) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		rest := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), words[0]))
		switch {
		case words[0] == "FROM":
			inside = words[len(words)-1] == name
		case !inside:
		case words[0] == "ENTRYPOINT":
			s.entrypoint = list(t, rest)
		case words[0] == "CMD":
			s.cmd = list(t, rest)
		case words[0] == "VOLUME":
			s.volumes = list(t, rest)
		case words[0] == "EXPOSE":
			s.exposed = words[1:]
		case words[0] == "ENV":
			s.env = words[1:]
		}
	}
	require.NotEmpty(t, s.entrypoint, "the Dockerfile has no stage %s with an entrypoint", name)
	return s
}

func list(t *testing.T, text string) []string {
	t.Helper()
	var items []string
	require.NoError(t, json.Unmarshal([]byte(text), &items), "the shell form needs a shell: %s", text)
	return items
}

func TestImagesAreConfiguredAsTheStockImagesAre(t *testing.T) {
	for _, name := range finalStages {
		t.Run(name, func(t *testing.T) {
			s := readStage(t, name)
			require.Equal(t, []string{"registry"}, s.entrypoint)
			require.Equal(t, []string{"serve", "/etc/distribution/config.yml"}, s.cmd)
			require.Equal(t, []string{"/var/lib/registry"}, s.volumes)
			require.Equal(t, []string{"5000", "5001"}, s.exposed)
			require.True(t, slices.Contains(s.env, "OTEL_TRACES_EXPORTER=none"), "upstream exports traces to localhost unless told not to")
		})
	}
}
