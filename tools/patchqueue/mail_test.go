package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func git(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=S", "-c", "user.email=s@example.org"}, args...)...)
	cmd.Dir = dir
	cmd.Env = gitFreeEnvironment()
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

// cloneOfUpstream is a repository as somebody who contributes has one.
func cloneOfUpstream(t *testing.T, up *upstream) string {
	t.Helper()
	_, err := up.files.write("clone")
	require.NoError(t, err)
	git(t, "clone", "init", "--quiet")
	git(t, "clone", "config", "user.name", "S")
	git(t, "clone", "config", "user.email", "s@example.org")
	git(t, "clone", "add", "--all")
	git(t, "clone", "commit", "--quiet", "--message=upstream")
	git(t, "clone", "tag", up.version)
	return "clone"
}

func TestMailsGiveTheWholeFork(t *testing.T) {
	up := smallQueue(t)
	fork, err := wholeFork()
	require.NoError(t, err)
	s, err := newScratch(t.Context(), "scratch", up.files)
	require.NoError(t, err)
	require.NoError(t, s.writeMails(t.Context(), mailDir, up, fork))
	require.NoError(t, attribute(mailDir, up, fork))
	notice, err := os.ReadFile(mailDir + "/NOTICE")
	require.NoError(t, err)
	require.Contains(t, string(notice), "- grow-more: lib: grow by two\n")

	clone := cloneOfUpstream(t, up)
	mails, err := filepath.Glob(mailDir + "/*.patch")
	require.NoError(t, err)
	require.Len(t, mails, 2)
	for _, mail := range mails {
		absolute, err := filepath.Abs(mail)
		require.NoError(t, err)
		git(t, clone, "am", "--quiet", absolute)
	}
	want := up.files.clone()
	for _, p := range fork {
		require.NoError(t, p.apply(want, up, nil))
	}
	got, err := readTree(clone)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// The queue as it is: what the mails make of upstream's tag is built with the
// modules that upstream has.
func TestOurMailsGiveUpstreamABinary(t *testing.T) {
	t.Chdir("../..")
	up, err := fetchUpstream(t.Context(), "")
	require.NoError(t, err)
	fork, err := wholeFork()
	require.NoError(t, err)
	// Always the same folder: Go's build cache goes by it.
	const clone = "build/mails-check"
	require.NoError(t, os.RemoveAll(clone))
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(clone)) })
	s, err := newScratch(t.Context(), clone, up.files)
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, s.writeMails(t.Context(), dir, up, fork))
	mails, err := filepath.Glob(filepath.Join(dir, "*.patch"))
	require.NoError(t, err)
	require.Len(t, mails, len(fork))

	require.NoError(t, s.reset(t.Context()))
	git(t, s.dir, append([]string{"am", "--quiet"}, mails...)...)
	want, err := patched(up, fork)
	require.NoError(t, err)
	got, err := readTree(s.dir)
	require.NoError(t, err)
	require.Empty(t, want.changed(got))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, "./cmd/registry")
	build.Dir = s.dir
	build.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

func TestMailsAreTheSameTwice(t *testing.T) {
	up := smallQueue(t)
	fork, err := wholeFork()
	require.NoError(t, err)
	s, err := newScratch(t.Context(), "scratch", up.files)
	require.NoError(t, err)
	require.NoError(t, s.writeMails(t.Context(), "first", up, fork))
	require.NoError(t, s.writeMails(t.Context(), "second", up, fork))
	first, err := readTree("first")
	require.NoError(t, err)
	second, err := readTree("second")
	require.NoError(t, err)
	require.Equal(t, first, second)
}

func TestPullRequestIsOneCommitOfTheSenders(t *testing.T) {
	up := smallQueue(t)
	clone := cloneOfUpstream(t, up)
	p, err := readPatch("grow-more")
	require.NoError(t, err)
	files := up.files.clone()
	require.NoError(t, p.apply(files, up, nil))
	require.NoError(t, branch(t.Context(), clone, p, up, files))
	require.Equal(t, "S\nlib: grow by two\n\nWhy.\n", git(t, clone, "log", "-1", "--format=%an%n%B", "grow-more")[:len("S\nlib: grow by two\n\nWhy.\n")])
	require.NotContains(t, git(t, clone, "log", "-1", "--format=%B"), "Forwarded")
	require.Equal(t, "lib/lib.go\nlib/more_test.go\n", git(t, clone, "diff", "--name-only", up.version+"..grow-more"))

	writeFile(t, clone+"/stray", "x")
	require.ErrorContains(t, branch(t.Context(), clone, p, up, files), "not committed")
}
