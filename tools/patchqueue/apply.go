package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// series returns the patch files in the order of patches/series.
func series() ([]string, error) {
	raw, err := os.ReadFile(filepath.Join(queueDir, "series"))
	if err != nil {
		return nil, fmt.Errorf("read the order of the patches: %w", err)
	}
	var files []string
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		files = append(files, filepath.Join(queueDir, line))
	}
	if len(files) == 0 {
		return nil, errors.New("patches/series names no patch")
	}
	return files, nil
}

// applyAll applies the queue to a scratch repository and calls after, if not
// nil, behind each patch.
func applyAll(ctx context.Context, s *scratch, out io.Writer, after func(patchFile string) error) error {
	files, err := series()
	if err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintln(out, "applying", filepath.Base(file))
		if err := s.am(ctx, file); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(file), err)
		}
		if after == nil {
			continue
		}
		if err := after(file); err != nil {
			return fmt.Errorf("after %s: %w", filepath.Base(file), err)
		}
	}
	return nil
}

// treeCommand leaves upstream with the queue applied in a folder.
func treeCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("tree")
	dir := set.String("dir", "", "folder to make, or a clone of upstream to make a branch in")
	version := set.String("upstream", "", "version of upstream; the pinned one if empty")
	branch := set.String("branch", "azure-verified-append", "branch to make in a clone of upstream")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *dir == "" {
		return errors.New("tree: give -dir")
	}
	q, err := readQueue()
	if err != nil {
		return err
	}
	up, err := q.fittingUpstream(ctx, *version)
	if err != nil {
		return err
	}
	s, err := openTree(ctx, *dir, *branch, q.Author, up)
	if err != nil {
		return err
	}
	if err := applyAll(ctx, s, out, nil); err != nil {
		return err
	}
	tree, err := s.revision(ctx, "HEAD^{tree}")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: upstream %s and the queue, tree %s\n", *dir, up.version, tree)
	return nil
}

// openTree makes a scratch repository in dir, or, if dir is a clone of
// upstream, a branch there that starts at upstream's tag.
func openTree(ctx context.Context, dir, branch, author string, up *upstream) (*scratch, error) {
	if _, err := os.Stat(filepath.Join(dir, ".git")); err != nil {
		return newScratch(ctx, dir, author, up)
	}
	s := &scratch{dir: dir, author: author}
	changes, err := s.git(ctx, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changes != "" {
		return nil, fmt.Errorf("%s has changes that are not committed", dir)
	}
	_, err = s.git(ctx, "switch", "--quiet", "--create", branch, "refs/tags/"+up.version)
	return s, err
}
