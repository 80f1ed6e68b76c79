package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

// A small upstream, in two versions that the module cache has.
const (
	grow  = "// Grow adds.\nfunc Grow(n int) int {\n\treturn n + 1\n}"
	other = "\n\nfunc Other() {}\n"
)

// smallQueue makes a repository with one patch, and the upstream it is for.
func smallQueue(t *testing.T) *upstream {
	t.Helper()
	t.Chdir(t.TempDir())
	writeFile(t, "cache/up@v1.0.0/lib/lib.go", "package lib\n\n"+grow+other)
	writeFile(t, "cache/up@v1.0.0/LICENSE", "licence\n")
	writeFile(t, "patches/series.fork", "# in order\ngrow-more # two\n")
	writeFile(t, "patches/series.upstream", "grow-more\n")
	writeFile(t, "patches/grow-more/patch.yaml", `
subject: "lib: grow by two"
message: Why.
bug: [https://example.org/1]
forwarded: "no"
last-update: "2026-11-25"
edits:
  - {file: lib/lib.go, in: Grow, sha256: `+syntax.Sum(grow)+`, expression: n + 1, replace: "{{it}} + 1"}
files:
  lib/more_test.go: more_test.go
`)
	writeFile(t, "patches/grow-more/more_test.go", "package lib\n\nimport \"testing\"\n\nfunc TestGrow(t *testing.T) {\n\tif Grow(1) != 3 {\n\t\tt.Fatal()\n\t}\n}\n")
	writeFile(t, "patches/azure-driver/patch.yaml", "subject: driver\nforwarded: \"no\"\nlast-update: \"2026-11-25\"\nsources: [driver]\nremove:\n  LICENSE: "+objectID("blob", []byte("licence\n"))+"\n")
	writeFile(t, "driver/driver.go", "package driver\n\nimport _ \""+ourModule+"/driver/internal\"\n")
	return upstreamIn(t, "v1.0.0")
}

func upstreamIn(t *testing.T, version string) *upstream {
	t.Helper()
	dir := "cache/up@" + version
	files, err := readTree(dir)
	require.NoError(t, err)
	return &upstream{version: version, dir: dir, files: files}
}

func TestTreeHasThePatchAndNothingElse(t *testing.T) {
	up := smallQueue(t)
	fork, err := readSeries(forkSeries)
	require.NoError(t, err)
	files, err := patched(up, fork)
	require.NoError(t, err)
	require.Equal(t, []string{"lib/lib.go", "lib/more_test.go"}, up.files.changed(files))
	require.Contains(t, string(files["lib/lib.go"]), "return n + 1 + 1")
	require.Contains(t, string(up.files["lib/lib.go"]), "return n + 1\n", "the pristine tree is left alone")
}

func TestAnUpToDateCopyIsLeftAlone(t *testing.T) {
	up := smallQueue(t)
	changed, err := up.files.write("copy")
	require.NoError(t, err)
	require.Equal(t, 2, changed)
	before, err := os.Stat("copy/lib/lib.go")
	require.NoError(t, err)

	changed, err = up.files.write("copy")
	require.NoError(t, err)
	require.Zero(t, changed)
	after, err := os.Stat("copy/lib/lib.go")
	require.NoError(t, err)
	require.Equal(t, before.ModTime(), after.ModTime())

	writeFile(t, "copy/LICENSE", "edited by hand")
	writeFile(t, "copy/stray.go", "package stray")
	changed, err = up.files.write("copy")
	require.NoError(t, err)
	require.Equal(t, 2, changed)
	now, err := readTree("copy")
	require.NoError(t, err)
	require.Equal(t, up.files, now)
}

func TestAChangeOfUpstreamsElsewhereDoesNotMatter(t *testing.T) {
	smallQueue(t)
	writeFile(t, "cache/up@v1.1.0/lib/lib.go", "package lib\n\nimport \"fmt\"\n\nfunc Other() { fmt.Println() }\n\n"+grow+"\n")
	writeFile(t, "cache/up@v1.1.0/LICENSE", "licence\n")
	require.NoError(t, fitsAll(upstreamIn(t, "v1.1.0")))
}

func TestDriftOfAnEditedDeclarationShowsBothTexts(t *testing.T) {
	smallQueue(t)
	writeFile(t, "cache/up@v1.1.0/lib/lib.go", "package lib\n\n// Grow doubles.\nfunc Grow(n int) int {\n\treturn 2 * n\n}"+other)
	err := fitsAll(upstreamIn(t, "v1.1.0"))
	require.ErrorContains(t, err, "patch grow-more: lib/lib.go: upstream v1.1.0 has changed Grow")
	require.ErrorContains(t, err, "upstream v1.0.0:\n"+grow)
	require.ErrorContains(t, err, "upstream v1.1.0:\n// Grow doubles.")
	require.ErrorContains(t, err, "LICENSE is not the version that was reviewed")
}

func TestPatchesThatCannotBeRight(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"a key nobody knows": {"patches/grow-more/patch.yaml", "subjekt: x", "field subjekt not found"},
		"no subject":         {"patches/grow-more/patch.yaml", "forwarded: \"no\"", "subject: give one line"},
		"a patch twice":      {"patches/series.fork", "grow-more\ngrow-more\n", "names grow-more twice"},
		"no folder":          {"patches/series.fork", "absent\n", "patch absent: "},
		"no sum": {
			"patches/grow-more/patch.yaml",
			"subject: x\nforwarded: \"no\"\nlast-update: \"2026-11-25\"\nedits:\n  - {file: lib/lib.go, in: Grow, statement: return n + 1, remove: true}\n",
			"sha256: missing; that of upstream's is " + syntax.Sum(grow),
		},
		"a file that is there": {
			"patches/grow-more/patch.yaml",
			"subject: x\nforwarded: \"no\"\nlast-update: \"2026-11-25\"\nfiles: {lib/lib.go: more_test.go}\n",
			"lib/lib.go is there already",
		},
	} {
		t.Run(name, func(t *testing.T) {
			up := smallQueue(t)
			writeFile(t, c.file, c.content)
			require.ErrorContains(t, fitsAll(up), c.want)
		})
	}
}

func TestDriverGoesUpstreamUnderUpstreamsImportPath(t *testing.T) {
	up := smallQueue(t)
	p, err := readPatch(driverPatch)
	require.NoError(t, err)
	files := up.files.clone()
	require.NoError(t, p.apply(files, up, nil))
	require.Contains(t, string(files["driver/driver.go"]), `"`+upstreamModule+`/driver/internal"`)
	require.NotContains(t, files, "LICENSE")

	writeFile(t, "driver/driver.go", "package driver\n\nimport _ \""+ourModule+"/tools\"\n")
	require.ErrorContains(t, p.apply(up.files.clone(), up, nil), "which upstream does not have")
}
