package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// reproduce builds a platform twice and compares. The second build is from a
// copy of the tree in another folder, with a build cache of its own, so that
// every package is compiled anew.
func reproduce(ctx context.Context, b build, platform, scratch string) error {
	t, err := parsePlatform(platform)
	if err != nil {
		return err
	}
	first, second := filepath.Join(scratch, "first"), filepath.Join(scratch, "second")
	if err := b.run(ctx, ".", t, first, nil); err != nil {
		return err
	}
	tree := filepath.Join(scratch, "somewhere", "else")
	if err := copySources(ctx, tree); err != nil {
		return err
	}
	if err := patchUpstream(ctx, tree); err != nil {
		return err
	}
	if err := b.run(ctx, tree, t, second, []string{"GOCACHE=" + filepath.Join(scratch, "cache")}); err != nil {
		return err
	}
	one, err := os.ReadFile(first)
	if err != nil {
		return err
	}
	two, err := os.ReadFile(second)
	if err != nil {
		return err
	}
	if !bytes.Equal(one, two) {
		return fmt.Errorf("two builds for %s differ (%d and %d bytes)", platform, len(one), len(two))
	}
	sum, err := inspect(first, t)
	if err != nil {
		return err
	}
	fmt.Printf("%s  %-14s the same bytes twice\n", sum, platform)
	return nil
}

// patchUpstream makes the copy of upstream that the tree in dir builds with.
func patchUpstream(ctx context.Context, dir string) error {
	cmd := exec.CommandContext(ctx, "go", "run", "./tools/patchqueue", "apply")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("patch upstream: %w\n%s", err, output)
	}
	return nil
}

// copySources copies what git would put into a commit now: the files it
// tracks and the new ones it doesn't ignore.
func copySources(ctx context.Context, to string) error {
	listing, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return fmt.Errorf("list the sources: %w", err)
	}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(listing, []byte{0}), []byte{0}) {
		content, err := os.ReadFile(string(name))
		if os.IsNotExist(err) {
			continue // deleted, but not committed yet
		}
		if err != nil {
			return err
		}
		target := filepath.Join(to, string(name))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
