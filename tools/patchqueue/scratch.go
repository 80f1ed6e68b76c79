package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// scratch is a git repository that holds upstream's tree. Nobody's git
// settings reach it, and its commits carry fixed names and dates.
type scratch struct{ dir string }

// newScratch makes a repository in dir, which must be missing or empty, with
// one commit.
func newScratch(ctx context.Context, dir string, files tree) (*scratch, error) {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("%s is not empty", dir)
	}
	s := &scratch{dir: dir}
	if _, err := files.write(dir); err != nil {
		return nil, err
	}
	if _, err := s.git(ctx, "init", "--quiet", "--initial-branch=main"); err != nil {
		return nil, err
	}
	return s, s.record(ctx, "Upstream", time.Unix(0, 0).UTC())
}

// commit makes the repository hold the tree and commits it as the patch.
func (s *scratch) commit(ctx context.Context, p *patch, files tree, message string) error {
	if _, err := files.write(s.dir); err != nil {
		return err
	}
	date, err := p.date()
	if err != nil {
		return err
	}
	return s.record(ctx, message, date)
}

func (s *scratch) record(ctx context.Context, message string, date time.Time) error {
	if _, err := s.git(ctx, "add", "--all", "--force"); err != nil {
		return err
	}
	_, err := s.git(ctx, "commit", "--quiet", "--allow-empty", "--message="+message, "--date="+date.Format(time.RFC3339))
	return err
}

// reset takes all patches off.
func (s *scratch) reset(ctx context.Context) error {
	first, err := s.git(ctx, "rev-list", "--max-parents=0", "HEAD")
	if err == nil {
		_, err = s.git(ctx, "reset", "--quiet", "--hard", strings.TrimSpace(first))
	}
	return err
}

// commitMessage is the subject, the message, and the DEP-3 fields
// (https://dep-team.pages.debian.net/deps/dep3/).
func (p *patch) commitMessage() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", p.Subject)
	if message := strings.TrimSpace(p.Message); message != "" {
		fmt.Fprintf(&b, "%s\n\n", message)
	}
	for _, bug := range p.Bug {
		fmt.Fprintf(&b, "Bug: %s\n", bug)
	}
	fmt.Fprintf(&b, "Forwarded: %s\nLast-Update: %s\n", p.Forwarded, p.LastUpdate)
	if p.DropWhen != "" {
		fmt.Fprintf(&b, "Drop-When: %s\n", p.DropWhen)
	}
	return b.String()
}

// git runs git in the repository and returns what it printed.
func (s *scratch) git(ctx context.Context, args ...string) (string, error) {
	name, address, _ := strings.Cut(strings.TrimSuffix(author, ">"), " <")
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = s.dir
	cmd.Env = append(gitFreeEnvironment(),
		"GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0",
		"GIT_AUTHOR_NAME="+name, "GIT_AUTHOR_EMAIL="+address,
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
