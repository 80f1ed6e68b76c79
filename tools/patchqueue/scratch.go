package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// scratch is a git repository that holds upstream's tree, made to apply the
// queue to. Nobody's git settings reach it, and its commits carry fixed
// names and dates: the same queue always gives the same commit ids.
type scratch struct {
	dir    string
	author string // Name <mail@host>
}

// newScratch makes a repository in dir, which must be missing or empty, with
// one commit: the given version of upstream.
func newScratch(ctx context.Context, dir, author string, up *upstream) (*scratch, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", dir)
	}
	if err := copyTree(up.dir, dir); err != nil {
		return nil, fmt.Errorf("copy upstream %s: %w", up.version, err)
	}
	s := &scratch{dir: dir, author: author}
	for _, args := range [][]string{
		{"init", "--quiet", "--initial-branch=main"},
		{"add", "--all", "--force"},
		{"commit", "--quiet", "--message=Upstream " + up.version},
	} {
		if _, err := s.git(ctx, args...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// am applies one patch file as a commit. On failure the tree is left as it
// was and the error holds git's explanation, which names the file.
func (s *scratch) am(ctx context.Context, patchFile string) error {
	absolute, err := filepath.Abs(patchFile)
	if err != nil {
		return err
	}
	if _, err := s.git(ctx, "am", "--quiet", "--committer-date-is-author-date", absolute); err != nil {
		if _, abortErr := s.git(ctx, "am", "--abort"); abortErr != nil {
			return fmt.Errorf("%w\n%w", err, abortErr)
		}
		return err
	}
	return nil
}

// revision returns the object id of a revision, such as HEAD or HEAD^{tree}.
func (s *scratch) revision(ctx context.Context, name string) (string, error) {
	out, err := s.git(ctx, "rev-parse", name)
	return strings.TrimSpace(out), err
}

// git runs git in the repository and returns what it printed.
func (s *scratch) git(ctx context.Context, args ...string) (string, error) {
	name, address, _ := strings.Cut(strings.TrimSuffix(s.author, ">"), " <")
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = s.dir
	cmd.Env = append(gitFreeEnvironment(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+address, "GIT_AUTHOR_DATE=2000-01-01T00:00:00Z",
		"GIT_COMMITTER_NAME="+name, "GIT_COMMITTER_EMAIL="+address, "GIT_COMMITTER_DATE=2000-01-01T00:00:00Z",
	)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), nil
}

// gitFreeEnvironment is this process's environment without git's own
// variables: inside a git hook they point at the wrong repository.
func gitFreeEnvironment() []string {
	var env []string
	for _, setting := range os.Environ() {
		if !strings.HasPrefix(setting, "GIT_") {
			env = append(env, setting)
		}
	}
	return env
}

// copyTree copies plain files and makes them writable: the module cache's
// files are not.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, 0o644)
	})
}
