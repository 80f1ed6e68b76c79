package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// upstreamAt returns a version of upstream, the pinned one if empty, and the
// queue of this repository. It moves the test to the repository's root.
func upstreamAt(t *testing.T, version string) (*queue, *upstream) {
	t.Helper()
	t.Chdir("../..")
	q, err := readQueue()
	require.NoError(t, err)
	up, err := fetchUpstream(t.Context(), q.Upstream, version)
	require.NoError(t, err)
	return q, up
}

func pristine(t *testing.T, q *queue, up *upstream) *scratch {
	t.Helper()
	s, err := newScratch(t.Context(), filepath.Join(t.TempDir(), "upstream"), q.Author, up)
	require.NoError(t, err)
	return s
}

func revision(t *testing.T, s *scratch, name string) string {
	t.Helper()
	id, err := s.revision(t.Context(), name)
	require.NoError(t, err)
	return id
}

func TestGitAmByHandGivesTheSameTree(t *testing.T) {
	q, up := upstreamAt(t, "")
	byTool := pristine(t, q, up)
	require.NoError(t, applyAll(t.Context(), byTool, t.Output(), nil))

	byHand := pristine(t, q, up)
	files, err := filepath.Glob(filepath.Join(queueDir, "*.patch"))
	require.NoError(t, err)
	for i, file := range files {
		files[i], err = filepath.Abs(file)
		require.NoError(t, err)
	}
	am := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=Somebody", "-c", "user.email=somebody@example.org", "am"}, files...)...)
	am.Dir = byHand.dir
	am.Env = gitFreeEnvironment()
	output, err := am.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, revision(t, byTool, "HEAD^{tree}"), revision(t, byHand, "HEAD^{tree}"))

	order, err := os.ReadFile(filepath.Join(queueDir, "series"))
	require.NoError(t, err)
	for _, promise := range regexp.MustCompile(`git rev-parse (\S+) says (\S+)`).FindAllSubmatch(order, -1) {
		require.Equal(t, string(promise[2]), revision(t, byHand, string(promise[1])), "patches/series is wrong about %s", promise[1])
	}
}

func TestCommitIDsAreReproducible(t *testing.T) {
	q, up := upstreamAt(t, "")
	var ids []string
	for range 2 {
		s := pristine(t, q, up)
		require.NoError(t, applyAll(t.Context(), s, t.Output(), nil))
		ids = append(ids, revision(t, s, "HEAD"))
	}
	require.Equal(t, ids[0], ids[1])
}

func TestOlderUpstreamIsRefusedAndTheFilesNamed(t *testing.T) {
	q, up := upstreamAt(t, "v3.1.1")
	changed := []string{"registry/storage/driver/azure/azure.go", "registry/storage/driver/azure/azure_test.go"}

	found, err := q.drifts(up)
	require.NoError(t, err)
	var names []string
	for _, d := range found {
		names = append(names, d.Name)
	}
	require.Equal(t, changed, names)

	err = treeCommand(t.Context(), []string{"-upstream", "v3.1.1", "-dir", filepath.Join(t.TempDir(), "tree")}, t.Output())
	for _, name := range changed {
		require.ErrorContains(t, err, name+" differs")
	}

	// And git refuses by itself, without our looking first.
	s := pristine(t, q, up)
	before := revision(t, s, "HEAD^{tree}")
	err = applyAll(t.Context(), s, t.Output(), nil)
	require.ErrorContains(t, err, "registry/storage/driver/azure/azure.go")
	require.ErrorContains(t, err, "does not match the current contents")
	status, gitErr := s.git(t.Context(), "status", "--porcelain")
	require.NoError(t, gitErr)
	require.Empty(t, status, "a refused patch left something behind")
	unchanged, gitErr := s.git(t.Context(), "diff", "--name-only", before, "--", "registry/storage/driver/azure/azure.go")
	require.NoError(t, gitErr)
	require.Empty(t, unchanged)
}

func TestUnrelatedChangeUpstreamIsNoMatter(t *testing.T) {
	q, up := upstreamAt(t, "")
	s := pristine(t, q, up)
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "README.md"), []byte("Changed since.\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(s.dir, "registry", "new.go"), []byte("package registry\n"), 0o644))
	for _, args := range [][]string{{"add", "--all"}, {"commit", "--quiet", "--message=Unrelated"}} {
		_, err := s.git(t.Context(), args...)
		require.NoError(t, err)
	}
	require.NoError(t, applyAll(t.Context(), s, t.Output(), nil))
}

func TestTreeMakesABranchInAClone(t *testing.T) {
	q, up := upstreamAt(t, "")
	clone := pristine(t, q, up)
	_, err := clone.git(t.Context(), "tag", up.version)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(clone.dir, "later.txt"), []byte("after the tag\n"), 0o644))

	err = treeCommand(t.Context(), []string{"-dir", clone.dir}, t.Output())
	require.ErrorContains(t, err, "not committed", "a clone with changes must be left alone")

	for _, args := range [][]string{{"add", "--all"}, {"commit", "--quiet", "--message=Later"}} {
		_, err := clone.git(t.Context(), args...)
		require.NoError(t, err)
	}
	require.NoError(t, treeCommand(t.Context(), []string{"-dir", clone.dir}, t.Output()))
	branch, err := clone.git(t.Context(), "symbolic-ref", "--short", "HEAD")
	require.NoError(t, err)
	require.Equal(t, "azure-verified-append", strings.TrimSpace(branch))
	require.NoFileExists(t, filepath.Join(clone.dir, "later.txt"), "the branch must start at the tag")
	files, err := series()
	require.NoError(t, err)
	require.Equal(t, revision(t, clone, up.version), revision(t, clone, fmt.Sprintf("HEAD~%d", len(files))))
}
