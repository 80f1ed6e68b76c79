package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// checkCommand tries every patch of both series, or those that are named: it
// applies, builds, vets, pleases upstream's linters, passes the tests of what
// it touches, and its own test fails without it.
func checkCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	set := flags("check")
	version := set.String("upstream", "", "version of upstream; the pinned one if empty")
	lint := set.String("lint", "", "command that runs golangci-lint; none if empty")
	if err := set.Parse(args); err != nil {
		return err
	}
	up, err := fetchUpstream(ctx, *version)
	if err != nil {
		return err
	}
	if err := fitsAll(up); err != nil {
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
	c := &checker{up: up, out: out, lint: strings.Fields(*lint), only: set.Args()}
	// One folder for all: Go's caches know it.
	if c.scratch, err = newScratch(ctx, filepath.Join(root, "upstream"), up.files); err != nil {
		return err
	}
	if c.vendored, err = c.dependencies(ctx); err != nil {
		return err
	}
	problems := c.series(ctx, forkSeries, fork)
	for _, p := range requests {
		if err := c.reset(ctx); err != nil {
			return err
		}
		problems = append(problems, c.series(ctx, upstreamSeries, []*patch{p})...)
	}
	return errors.Join(problems...)
}

// checker looks at patches in a scratch repository of upstream.
type checker struct {
	up       *upstream
	scratch  *scratch
	out      io.Writer
	lint     []string
	only     []string
	vendored map[string]bool // packages that upstream's own code needs
}

// reset takes all patches off.
func (c *checker) reset(ctx context.Context) error {
	first, err := c.scratch.git(ctx, "rev-list", "--max-parents=0", "HEAD")
	if err == nil {
		_, err = c.scratch.git(ctx, "reset", "--quiet", "--hard", strings.TrimSpace(first))
	}
	return err
}

// series checks patches that apply one on the other.
func (c *checker) series(ctx context.Context, name string, patches []*patch) (problems []error) {
	files := c.up.files.clone()
	for _, p := range patches {
		before := files.clone()
		if err := p.apply(files, c.up, nil); err != nil {
			return append(problems, err)
		}
		started := time.Now()
		var failed []error
		checked := len(c.only) == 0 || slices.Contains(c.only, p.name)
		if checked {
			failed = append(failed, c.failsWithout(ctx, p, before))
		}
		if err := c.scratch.commit(ctx, p, files, p.commitMessage()); err != nil {
			return append(problems, err)
		}
		if !checked {
			continue
		}
		failed = append(failed, c.passesWith(ctx, p))
		verdict := "ok"
		if err := errors.Join(failed...); err != nil {
			verdict = "FAILED"
			problems = append(problems, fmt.Errorf("%s of %s: %w", p.name, name, err))
		}
		fmt.Fprintf(c.out, "%-6s %s %s (%s)\n", verdict, name, p.name, time.Since(started).Round(time.Second))
	}
	return problems
}

// passesWith builds what is in the repository now, and then vets, lints and
// tests it, all at once: tests wait more than they compute.
func (c *checker) passesWith(ctx context.Context, p *patch) error {
	touched := p.packages()
	if len(touched) == 0 {
		return nil
	}
	if err := c.step(ctx, "go", "build", "./..."); err != nil {
		return err
	}
	steps := [][]string{
		slices.Concat([]string{"go", "vet"}, touched),
		slices.Concat([]string{"go", "test", "-short"}, touched),
	}
	if len(c.lint) > 0 {
		// What upstream's code is blamed for itself is not the patch's.
		steps = append(steps, slices.Concat(c.lint, []string{"run", "--new-from-rev=HEAD~1", "--timeout=10m"}, touched))
	}
	problems := make([]error, len(steps))
	var running sync.WaitGroup
	for i, step := range steps {
		running.Go(func() { problems[i] = c.step(ctx, step...) })
	}
	running.Wait()
	return errors.Join(append(problems, c.leavesModulesAlone(ctx))...)
}

// step runs a program whose output matters only if it fails.
func (c *checker) step(ctx context.Context, args ...string) error {
	if output, err := c.command(ctx, args...); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, output)
	}
	return nil
}

// leavesModulesAlone fails if upstream's module files would have to change, or
// its vendor folder.
func (c *checker) leavesModulesAlone(ctx context.Context) error {
	if output, err := c.command(ctx, "go", "mod", "tidy", "-diff"); err != nil {
		return fmt.Errorf("upstream's module files are left untidy: %w\n%s", err, output)
	}
	needed, err := c.dependencies(ctx)
	if err != nil {
		return err
	}
	for name := range needed {
		if !c.vendored[name] {
			return fmt.Errorf("it needs %s, which nothing in upstream imports", name)
		}
	}
	return nil
}

// dependencies returns the packages of other modules that the code and its
// tests need.
func (c *checker) dependencies(ctx context.Context) (map[string]bool, error) {
	const format = `{{with .Module}}{{if not .Main}}{{$.ImportPath}}{{end}}{{end}}`
	listed, err := goCommand(ctx, c.scratch.dir, "list", "-mod=readonly", "-deps", "-test", "-f", format, "./...")
	if err != nil {
		return nil, err
	}
	packages := map[string]bool{}
	for name := range strings.FieldsSeq(string(listed)) {
		packages[name] = true
	}
	return packages, nil
}
