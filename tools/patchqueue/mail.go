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

// mailDir is where make patches leaves the mails.
const mailDir = "build/patches"

// mailsCommand writes the fork as mails for git am, and each pull request as
// one of its own, with the licence and a list of what is changed.
func mailsCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	if err := flags("mails").Parse(args); err != nil {
		return err
	}
	up, err := fetchUpstream(ctx, "")
	if err != nil {
		return err
	}
	fork, err := wholeFork()
	if err != nil {
		return err
	}
	requests, err := readSeries(upstreamSeries)
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "patchqueue-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	if err := os.RemoveAll(mailDir); err != nil {
		return err
	}
	s, err := newScratch(ctx, root, up.files)
	if err != nil {
		return err
	}
	if err := s.writeMails(ctx, mailDir, up, fork); err != nil {
		return err
	}
	for _, p := range requests {
		if err := s.writeMails(ctx, filepath.Join(mailDir, "upstream", p.name), up, []*patch{p}); err != nil {
			return err
		}
	}
	if err := attribute(mailDir, up, fork); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d patches for git am on upstream %s, and %d pull requests in upstream/\n", mailDir, len(fork), up.version, len(requests))
	return nil
}

// wholeFork is the fork's series and the driver behind it.
func wholeFork() ([]*patch, error) {
	fork, err := readSeries(forkSeries)
	if err != nil {
		return nil, err
	}
	driver, err := readPatch(driverPatch)
	return append(fork, driver), err
}

// writeMails commits the patches onto pristine upstream and writes the commits
// as mails.
func (s *scratch) writeMails(ctx context.Context, to string, up *upstream, patches []*patch) error {
	if err := s.reset(ctx); err != nil {
		return err
	}
	files := up.files.clone()
	for _, p := range patches {
		if err := p.apply(files, up, nil); err != nil {
			return err
		}
		if err := s.commit(ctx, p, files, p.commitMessage()); err != nil {
			return err
		}
	}
	to, err := filepath.Abs(to)
	if err != nil {
		return err
	}
	_, err = s.git(ctx, "format-patch", "--quiet", "--zero-commit", "--no-signature", "--full-index", "--no-renames",
		"--output-directory="+to, fmt.Sprintf("HEAD~%d", len(patches)))
	return err
}

// attribute puts what upstream's licence asks for beside the mails: the
// licence, and a notice of what is changed.
func attribute(dir string, up *upstream, patches []*patch) error {
	var b strings.Builder
	fmt.Fprintf(&b, "These patches change CNCF Distribution %s (https://github.com/distribution/distribution),\n"+
		"which is under the Apache License 2.0 in LICENSE, and are under the same licence.\n\n", up.version)
	for _, p := range patches {
		fmt.Fprintf(&b, "- %s: %s\n", p.name, p.Subject)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "LICENSE"), up.files["LICENSE"], 0o644),
		os.WriteFile(filepath.Join(dir, "NOTICE"), []byte(b.String()), 0o644),
	)
}
