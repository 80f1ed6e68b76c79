package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// driverPatch is the folder of the patch that is written from the sources. It
// is in no series: the binary has the driver from this repository.
const driverPatch = "azure-driver"

// base returns the tree that a patch applies to: in the fork's series what the
// patches before it leave, else pristine upstream.
func base(up *upstream, name string) (tree, *patch, error) {
	fork, err := readSeries(forkSeries)
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(fork, func(p *patch) bool { return p.name == name })
	if name == driverPatch {
		i = len(fork)
	}
	if i < 0 {
		p, err := readPatch(name)
		return up.files.clone(), p, err
	}
	before, err := patched(up, fork[:i])
	if err != nil {
		return nil, nil, err
	}
	p, err := readPatch(name)
	return before, p, err
}

// diffCommand shows what a patch changes.
func diffCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	set := flags("diff")
	version := set.String("upstream", "", "version of upstream; the pinned one if empty")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() != 1 {
		return errors.New("give a patch's name")
	}
	up, err := fetchUpstream(ctx, *version)
	if err != nil {
		return err
	}
	before, p, err := base(up, set.Arg(0))
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "patchqueue-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := newScratch(ctx, filepath.Join(dir, "upstream"), before)
	if err != nil {
		return err
	}
	if err := p.apply(before, up, nil); err != nil {
		return err
	}
	if err := s.commit(ctx, p, before, p.Subject); err != nil {
		return err
	}
	text, err := s.git(ctx, "show", "--format=", "HEAD")
	fmt.Fprint(out, text)
	return err
}
