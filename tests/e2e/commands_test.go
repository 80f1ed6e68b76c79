package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

func TestVersionNamesUpstreamsAndOurs(t *testing.T) {
	t.Parallel()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", "github.com/distribution/distribution/v3")
	list.Env = append(os.Environ(), "GOWORK=off") // in the workspace it has no version
	upstream, err := list.Output()
	require.NoError(t, err)
	text, err := registrytest.Command(t, nil, "--version").Output()
	require.NoError(t, err)
	pattern := `^registry github\.com/distribution-azure/distribution/v3 \S+ \(distribution ` + regexp.QuoteMeta(strings.TrimSpace(string(upstream))) + `(; patches: [a-z0-9 -]+)?\)\n$`
	require.Regexp(t, pattern, string(text))
}

// The command lines of both stock images start the registry.
func TestCommandLinesOfTheStockImages(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for name, arguments := range map[string]func(config string) []string{
		"distribution/distribution":  func(config string) []string { return []string{"serve", config} },
		"registry:3":                 func(config string) []string { return []string{config} },
		"registry:3, the whole line": func(config string) []string { return []string{"registry", "serve", config} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil), Arguments: arguments})
			image := newImage(t, name, newLayer(name, kibibyte))
			require.NoError(t, push(t.Context(), latest(t, r, "command/line"), image))
		})
	}
}

// Garbage collection removes what no manifest names, and nothing else.
func TestGarbageCollect(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})
	shared := newLayer("shared", 5*mebibyte)
	kept := newImage(t, "kept", shared, newLayer("kept", 70_000))
	dropped := newImage(t, "dropped", shared, newLayer("dropped", 6*mebibyte), newLayer("dropped too", kibibyte))
	require.NoError(t, push(t.Context(), latest(t, r, "gc/kept"), kept))
	require.NoError(t, push(t.Context(), latest(t, r, "gc/dropped"), dropped))
	require.Len(t, s.Digests(t), 8, "four layers, two configs, two manifests")

	digest, err := dropped.Digest()
	require.NoError(t, err)
	reference := latest(t, r, "gc/dropped").Digest(digest.String())
	require.NoError(t, remote.Delete(reference, registrytest.Once(t.Context())...))
	require.Len(t, s.Digests(t), 8, "deletion of a manifest removes links only")

	text, err := registrytest.Command(t, nil, "garbage-collect", "--dry-run", r.Config).CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.Len(t, s.Digests(t), 8, "a dry run removes nothing")
	text, err = registrytest.Command(t, nil, "garbage-collect", r.Config).CombinedOutput()
	require.NoError(t, err, "%s", text)
	require.Contains(t, string(text), "4 blobs and 0 manifests eligible for deletion")
	require.Len(t, s.Digests(t), 4)

	require.NoError(t, pull(t.Context(), latest(t, r, "gc/kept"), kept))
	_, err = remote.Image(reference, registrytest.Once(t.Context())...)
	require.Error(t, err)
	require.NoError(t, push(t.Context(), latest(t, r, "gc/dropped"), dropped), "what was collected can be pushed again")
	require.NoError(t, pull(t.Context(), latest(t, r, "gc/dropped"), dropped))
}
