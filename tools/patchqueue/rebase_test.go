package main

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// rebaseTree is a repository of a few files whose queue replaces one file of
// upstream's, at the blob id that v3.1.2 has.
func rebaseTree(t *testing.T, replaced, id string) {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "go.mod", "module example.org/fork\n\ngo 1.26.0\n\nrequire github.com/distribution/distribution/v3 v3.1.2\n")
	writeFile(t, "driver/new.go", "package driver\n")
	writeFile(t, overlayDir+"/docs/new.md", "Words.\n")
	writeFile(t, queueFile, `
upstream: github.com/distribution/distribution/v3
author: Some One <some@example.org>
sources: [driver]
replaced: {`+replaced+`: `+id+`}
patches:
  - name: replace
    subject: replace it
    description: It is replaced.
    bug: ["https://example.org/1"]
    forwarded: "no"
    last-update: "2026-11-22"
    drop-when: never
    removes: [`+replaced+`]
    adds: [driver/..., docs/...]
`)
}

func TestRebaseShowsWhatUpstreamChanged(t *testing.T) {
	rebaseTree(t, "registry/storage/driver/azure/azure.go", "7617fcbc569ce570ac887224bcc19f10f248e234")
	var out bytes.Buffer
	err := rebaseCommand(t.Context(), []string{"-upstream", "v3.1.1"}, &out)
	require.ErrorContains(t, err, "does not fit upstream v3.1.1")
	require.ErrorContains(t, err, "registry/storage/driver/azure/azure.go differs")
	require.Contains(t, out.String(), "upstream v3.1.2 -> v3.1.1")
	require.Contains(t, out.String(), "diff --git")
	require.Contains(t, out.String(), "registry/storage/driver/azure/azure.go: ba73dd9ea0ef5589a264a1de751820cfd1b11c5b",
		"the id to record once it has been dealt with")
	requirePinned(t, "v3.1.1")
	require.NoFileExists(t, queueDir+"/series", "nothing may be written before somebody has looked")
}

func TestRebaseWritesTheQueueIfNothingChanged(t *testing.T) {
	rebaseTree(t, "registry/storage/driver/azure/auth.go", "09f6ede8d3065b6b071c8e620eb203b604505a00")
	require.NoError(t, rebaseCommand(t.Context(), []string{"-upstream", "v3.1.1"}, t.Output()))
	requirePinned(t, "v3.1.1")
	order, err := os.ReadFile(queueDir + "/series")
	require.NoError(t, err)
	require.Contains(t, string(order), "v3.1.1")
}

func requirePinned(t *testing.T, version string) {
	t.Helper()
	pin, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	require.Contains(t, string(pin), "github.com/distribution/distribution/v3 "+version)
}
