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
