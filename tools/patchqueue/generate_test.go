package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// replacedFile is a stand-in for a file of upstream's.
const replacedFile = "package old\n"

// smallQueue is a queue of one patch in a folder of its own, which the test
// is moved to, and a stand-in for upstream that it fits.
func smallQueue(t *testing.T) (*queue, *upstream) {
	t.Helper()
	root := t.TempDir()
	t.Chdir(root)
	writeFile(t, "driver/new.go", "package driver\n\nimport _ \""+ourModule+"/driver/internal/parts\"\n")
	writeFile(t, "driver/internal/parts/parts.go", "package parts\n")
	writeFile(t, overlayDir+"/docs/page.md", "Words.\n")
	writeFile(t, "upstream/driver/old.go", replacedFile)
	q := &queue{
		Upstream: "example.org/upstream",
		Author:   "Some One <some@example.org>",
		Sources:  []string{"driver"},
		Guarded:  []string{"driver"},
		Replaced: map[string]string{"driver/old.go": objectID("blob", []byte(replacedFile))},
		Patches: []patch{{
			Name: "replace", Subject: "replace it", Message: "Why.\n", Description: "It is replaced.",
			Bug: []string{"https://example.org/1"}, Forwarded: "no", LastUpdate: "2026-11-22", DropWhen: "never",
			Removes: []string{"driver/old.go"}, Adds: []string{"driver/...", "docs/*.md"},
		}},
	}
	require.NoError(t, q.validate())
	return q, &upstream{version: "v1.0.0", dir: filepath.Join(root, "upstream")}
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func TestRenderTwiceGivesTheSameBytes(t *testing.T) {
	q, up := smallQueue(t)
	first, err := q.render(up)
	require.NoError(t, err)
	second, err := q.render(up)
	require.NoError(t, err)
	require.Equal(t, first, second)
	require.Contains(t, first, "0001-replace.patch")
	require.Contains(t, first, "series")
}

func TestRenderHoldsNoLineOfTheReplacedFile(t *testing.T) {
	q, up := smallQueue(t)
	generated, err := q.render(up)
	require.NoError(t, err)
	text := string(generated["0001-replace.patch"])
	require.NotContains(t, text, "package old")
	require.Contains(t, text, "index "+objectID("blob", []byte(replacedFile))+".."+noBlob)
	require.Equal(t, 1, strings.Count(text, "literal"), "a hunk that undoes the deletion would hold the file")
}

func TestRenderTranslatesImportsAndNothingElse(t *testing.T) {
	q, up := smallQueue(t)
	writeFile(t, "driver/new.go", "// Package driver is at "+ourModule+"/driver.\npackage driver\n\nimport _ \""+ourModule+"/driver/internal/parts\"\n")
	generated, err := q.render(up)
	require.NoError(t, err)
	text := string(generated["0001-replace.patch"])
	require.Contains(t, text, `+import _ "example.org/upstream/driver/internal/parts"`)
	require.Contains(t, text, "+// Package driver is at "+ourModule+"/driver.")
}

func TestRenderRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		spoil func(t *testing.T, q *queue)
		want  string
	}{
		"an import that upstream hasn't got": {
			func(t *testing.T, _ *queue) {
				writeFile(t, "driver/new.go", "package driver\n\nimport _ \""+ourModule+"/tools\"\n")
			}, "which upstream does not have",
		},
		"a file that no patch claims": {
			func(_ *testing.T, q *queue) { q.Patches[0].Adds = []string{"driver/...", "docs/other.md"} },
			"docs/page.md belongs to no patch",
		},
		"a pattern that matches nothing": {
			func(_ *testing.T, q *queue) { q.Patches[0].Adds = append(q.Patches[0].Adds, "docs/*.txt") },
			"nothing matches docs/*.txt",
		},
		"two patches that claim one file": {
			func(_ *testing.T, q *queue) {
				second := q.Patches[0]
				second.Name, second.Removes = "again", nil
				q.Patches = append(q.Patches, second)
			}, "docs/page.md is claimed by replace and by again",
		},
		"a file that upstream has and keeps": {
			func(t *testing.T, _ *queue) { writeFile(t, "upstream/docs/page.md", "Theirs.\n") },
			"upstream has files of the same name that no patch removes: docs/page.md",
		},
		"a file without a last line break": {
			func(t *testing.T, _ *queue) { writeFile(t, "driver/notes.txt", "no line break") },
			"does not end in a line break",
		},
		"a file with carriage returns": {
			func(t *testing.T, _ *queue) { writeFile(t, "driver/notes.txt", "a\r\n") },
			"not plain text",
		},
	} {
		t.Run(name, func(t *testing.T) {
			q, up := smallQueue(t)
			test.spoil(t, q)
			_, err := q.render(up)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestCompareNamesWhatIsStale(t *testing.T) {
	q, up := smallQueue(t)
	generated, err := q.render(up)
	require.NoError(t, err)
	require.ErrorContains(t, compare(generated), "0001-replace.patch, series")
	require.NoError(t, write(generated))
	require.NoError(t, compare(generated))

	writeFile(t, queueDir+"/0002-left-over.patch", "old\n")
	require.ErrorContains(t, compare(generated), "run make patches: 0002-left-over.patch")
	require.NoError(t, write(generated))
	require.NoFileExists(t, queueDir+"/0002-left-over.patch")
}

func TestDriftsSeesChangedMissingAndNewFiles(t *testing.T) {
	q, up := smallQueue(t)
	found, err := q.drifts(up)
	require.NoError(t, err)
	require.Empty(t, found)

	writeFile(t, "upstream/driver/old.go", "package old // changed\n")
	writeFile(t, "upstream/driver/brand_new.go", "package old\n")
	found, err = q.drifts(up)
	require.NoError(t, err)
	text := driftError("v1.0.1", found).Error()
	require.Contains(t, text, "driver/old.go differs")
	require.Contains(t, text, "driver/brand_new.go is new")

	require.NoError(t, os.Remove("upstream/driver/old.go"))
	found, err = q.drifts(up)
	require.NoError(t, err)
	require.Contains(t, driftError("v1.0.1", found).Error(), "driver/old.go is gone")
}
