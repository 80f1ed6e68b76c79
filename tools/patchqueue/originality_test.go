package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// copiesFrom returns what the check finds in a patch that adds text, when
// upstream consists of one file.
func copiesFrom(t *testing.T, upstreamText, added string) []string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "theirs.go"), upstreamText)
	known, err := runsBelow(dir)
	require.NoError(t, err)

	var patch strings.Builder
	patch.WriteString("Subject: x\n---\ndiff --git a/f b/f\n--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n")
	for line := range strings.Lines(added) {
		patch.WriteString("+" + line)
	}
	patch.WriteString("-- \nend\n")
	var found []string
	for _, run := range runs(changedLines(patch.String())) {
		if _, copied := known[run]; copied {
			found = append(found, run)
		}
	}
	return found
}

func TestThreeEqualLinesAreFound(t *testing.T) {
	theirs := "package theirs\n\nfunc f() {\n\tx := first()\n\ty := second(x)\n\n\tthird(y)\n}\n"
	ours := "func g() {\n\t\tx := first()\n\t\ty := second(x)\n\t\tthird(y)\n}\n"
	require.Equal(t, []string{"x := first()\ny := second(x)\nthird(y)"}, copiesFrom(t, theirs, ours))
}

func TestErrorHandlingBetweenDoesNotHideACopy(t *testing.T) {
	theirs := "a := one()\nif err != nil {\n\treturn err\n}\nb := two()\nc := three()\n"
	require.NotEmpty(t, copiesFrom(t, theirs, "a := one()\nb := two()\nif err != nil {\n\treturn nil, err\n}\nc := three()\n"))
}

func TestTwoEqualLinesAreNoCopy(t *testing.T) {
	require.Empty(t, copiesFrom(t, "x := first()\ny := second(x)\nthird(y)\n", "x := first()\ny := second(x)\nother(y)\n"))
}

func TestImportsAndBoilerplateAreNoCopy(t *testing.T) {
	shared := "package azure\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\tstoragedriver \"example.org/driver\"\n)\n\n" +
		"\tif err != nil {\n\t\treturn nil, err\n\t}\n\treturn nil\n}\n"
	require.Empty(t, copiesFrom(t, shared, shared))
}

func TestACopyOfUpstreamsDriverIsFound(t *testing.T) {
	_, up := upstreamAt(t, "")
	known, err := runsBelow(up.dir)
	require.NoError(t, err)
	require.NotEmpty(t, known)
	theirs, err := runsBelow(filepath.Join(up.dir, "registry", "storage", "driver", "azure"))
	require.NoError(t, err)
	require.Greater(t, len(theirs), 300, "too much of upstream's driver counts as boilerplate")
	for run := range theirs {
		require.Contains(t, known, run)
	}
}

// plantIn makes a repository whose file holds some lines of upstream's
// driver, each behind a mark, and returns what the whole check says about it.
func plantIn(t *testing.T, file, mark string) error {
	t.Helper()
	_, up := upstreamAt(t, "")
	theirs, err := os.ReadFile(filepath.Join(up.dir, "registry", "storage", "driver", "azure", "azure.go"))
	require.NoError(t, err)
	start := strings.Index(string(theirs), "\nfunc (d *driver) Stat(")
	require.Positive(t, start)
	lines := strings.SplitAfterN(string(theirs[start+1:]), "\n", 9)[:8]

	rebaseTree(t, "registry/storage/driver/azure/azure.go", objectID("blob", theirs))
	writeFile(t, file, mark+strings.Join(lines, mark))
	output, err := exec.CommandContext(t.Context(), "git", "init", "--quiet").CombinedOutput()
	require.NoError(t, err, string(output))
	return originalityCommand(t.Context(), nil, t.Output())
}

func TestACopyInAnyFileIsFound(t *testing.T) {
	err := plantIn(t, "docs/anything.md", "    ")
	require.ErrorContains(t, err, "docs/anything.md has lines of upstream's registry/storage/driver/azure/azure.go")
}

func TestACopyInAPatchIsFound(t *testing.T) {
	err := plantIn(t, queueDir+"/0001-x.patch", "@@ -0,0 +1 @@\n+")
	require.ErrorContains(t, err, queueDir+"/0001-x.patch has lines of upstream's")
}

func TestTheLicenceIsNobodysWriting(t *testing.T) {
	require.NoError(t, plantIn(t, "LICENSE", ""))
}
