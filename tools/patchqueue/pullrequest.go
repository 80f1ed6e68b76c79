package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// pullRequestCommand leaves a patch of series.upstream as a branch with one
// commit in somebody's clone of upstream. Whoever sends it signs it off.
func pullRequestCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("pull-request")
	name := set.String("name", "", "the patch")
	dir := set.String("dir", "", "a clone of upstream without uncommitted changes")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *name == "" || *dir == "" {
		return errors.New("give -name and -dir")
	}
	requests, err := readSeries(upstreamSeries)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(requests, func(p *patch) bool { return p.name == *name })
	if i < 0 {
		return fmt.Errorf("%s does not name %s", upstreamSeries, *name)
	}
	up, err := fetchUpstream(ctx, "")
	if err != nil {
		return err
	}
	files := up.files.clone()
	if err := requests[i].apply(files, up, nil); err != nil {
		return err
	}
	if err := branch(ctx, *dir, requests[i], up, files); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: branch %s from %s, one commit. Sign it off: git -C %s commit --amend --signoff --no-edit\n", *dir, *name, up.version, *dir)
	return nil
}

// branch makes the commit with the clone's own git settings: it is its
// sender's.
func branch(ctx context.Context, dir string, p *patch, up *upstream, files tree) error {
	git := func(args ...string) (string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir = dir
		cmd.Env = gitFreeEnvironment()
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		output, err := cmd.Output()
		if err != nil {
			return "", fmt.Errorf("git %s: %w\n%s", args[0], err, stderr.String())
		}
		return string(output), nil
	}
	changes, err := git("status", "--porcelain")
	if err != nil {
		return err
	}
	if changes != "" {
		return fmt.Errorf("%s has changes that are not committed", dir)
	}
	if _, err := git("switch", "--quiet", "--create", p.name, "refs/tags/"+up.version); err != nil {
		return err
	}
	for _, name := range up.files.changed(files) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if content, ok := files[name]; ok {
			err = replaceFile(file, content)
		} else {
			err = os.Remove(file)
		}
		if err != nil {
			return err
		}
		if _, err := git("add", "--all", "--", name); err != nil {
			return err
		}
	}
	_, err = git("commit", "--quiet", "--message="+strings.TrimSpace(p.Subject+"\n\n"+p.Message))
	return err
}

// changed lists the files in which another tree differs.
func (t tree) changed(other tree) []string {
	names := map[string]bool{}
	for name, content := range other {
		if old, ok := t[name]; !ok || !bytes.Equal(old, content) {
			names[name] = true
		}
	}
	for name := range t {
		if _, ok := other[name]; !ok {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
