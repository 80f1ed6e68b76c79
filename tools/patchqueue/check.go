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

// checkDir is where the patches are tried.
const checkDir = "build/patches-check"

// patience is what a test or linter gets that has to end well. On a machine
// that has nothing else to do a few minutes are enough.
const patience = "40m"

// checkCommand tries every patch of both series, or those that are named: each
// applies, is vetted, and has a test that fails without it and passes with it.
// What takes long, that is whole test suites, linters and the module files, is
// done once for each stack of patches: the fork's series, and each pull request
// that isn't in it.
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
	fork, err := readSeries(forkSeries)
	if err != nil {
		return err
	}
	driver, err := readPatch(driverPatch)
	if err != nil {
		return err
	}
	requests, err := readSeries(upstreamSeries)
	if err != nil {
		return err
	}
	// Always the same folder: Go's build cache goes by it.
	root, err := filepath.Abs(checkDir)
	if err == nil {
		err = os.RemoveAll(root)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	c := &checker{up: up, out: out, lint: strings.Fields(*lint), only: set.Args()}
	if c.scratch, err = newScratch(ctx, root, up.files); err != nil {
		return err
	}
	if c.vendored, err = c.dependencies(ctx); err != nil {
		return err
	}
	problems := c.series(ctx, forkSeries, fork, true)
	if c.wanted(driver) {
		problems = append(problems, c.report(driver.name, func() error { return c.driver(ctx, fork, driver) }))
	}
	for _, p := range requests {
		if !c.wanted(p) {
			continue
		}
		if err := c.scratch.reset(ctx); err != nil {
			return err
		}
		inFork := slices.ContainsFunc(fork, func(f *patch) bool { return f.name == p.name })
		problems = append(problems, c.series(ctx, upstreamSeries, []*patch{p}, !inFork)...)
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

// wanted reports whether a patch is to be checked.
func (c *checker) wanted(p *patch) bool {
	return len(c.only) == 0 || slices.Contains(c.only, p.name)
}

// series checks patches that apply one on the other, and what they make
// together if that is asked for.
func (c *checker) series(ctx context.Context, name string, patches []*patch, whole bool) (problems []error) {
	if !slices.ContainsFunc(patches, c.wanted) {
		return nil
	}
	files := c.up.files.clone()
	for _, p := range patches {
		before := files.clone()
		if err := p.apply(files, c.up, nil); err != nil {
			return append(problems, err)
		}
		commit := func() error { return c.scratch.commit(ctx, p, files, p.commitMessage()) }
		if !c.wanted(p) {
			if err := commit(); err != nil {
				return append(problems, err)
			}
			continue
		}
		problems = append(problems, c.report(name+" "+p.name, func() error {
			without := c.failsWithout(ctx, p, before)
			if err := commit(); err != nil {
				return err
			}
			return errors.Join(without, c.staysReviewable(ctx), c.passesWith(ctx, p, before, files))
		}))
	}
	if whole && (len(c.only) == 0 || len(patches) == 1) {
		problems = append(problems, c.report(name+" as a whole", func() error { return c.stack(ctx, patches) }))
	}
	return problems
}

// report prints what came of a check, and how long it took.
func (c *checker) report(what string, check func() error) error {
	started := time.Now()
	verdict, err := "ok", check()
	if err != nil {
		verdict, err = "FAILED", fmt.Errorf("%s: %w", what, err)
	}
	fmt.Fprintf(c.out, "%-6s %s (%s)\n", verdict, what, time.Since(started).Round(time.Second))
	return err
}

// passesWith vets the packages that a patch touches and runs its own tests.
func (c *checker) passesWith(ctx context.Context, p *patch, before, after tree) error {
	tests, folders, err := changedTests(before, after)
	if err != nil {
		return err
	}
	return errors.Join(
		c.step(ctx, slices.Concat([]string{"go", "vet"}, p.packages())...),
		c.step(ctx, testOnly(patience, tests, folders)...),
	)
}

// stack looks at all patches that are in the repository now: everything is
// built, and the packages that they touch are linted and tested, at the same
// time: tests wait more than they compute.
func (c *checker) stack(ctx context.Context, patches []*patch) error {
	var touched []string
	for _, p := range patches {
		touched = append(touched, p.packages()...)
	}
	slices.Sort(touched)
	touched = slices.Compact(touched)
	if err := c.step(ctx, "go", "build", "./..."); err != nil {
		return err
	}
	steps := [][]string{slices.Concat([]string{"go", "test", "-short", "-timeout", patience}, touched)}
	if len(c.lint) > 0 {
		// What upstream's code is blamed for itself is not the patches'.
		since := fmt.Sprintf("--new-from-rev=HEAD~%d", len(patches))
		steps = append(steps, slices.Concat(c.lint, []string{"run", since, "--timeout=" + patience}, touched))
	}
	problems := make([]error, len(steps))
	var running sync.WaitGroup
	for i, step := range steps {
		running.Go(func() { problems[i] = c.step(ctx, step...) })
	}
	running.Wait()
	return errors.Join(append(problems, c.leavesModulesAlone(ctx))...)
}

// driver looks at the driver as a whole, on top of the fork's series. It is
// linted here, by our own linters, and may leave a module to upstream that
// only upstream's driver needs.
func (c *checker) driver(ctx context.Context, fork []*patch, driver *patch) error {
	before, err := patched(c.up, fork)
	if err != nil {
		return err
	}
	after := before.clone()
	if err := driver.apply(after, c.up, nil); err != nil {
		return err
	}
	if _, err := before.write(c.scratch.dir); err != nil {
		return err
	}
	without := c.failsWithout(ctx, driver, before)
	if _, err := after.write(c.scratch.dir); err != nil {
		return err
	}
	return errors.Join(without,
		c.step(ctx, "go", "build", "./..."), c.needsNothingNew(ctx), c.passesWith(ctx, driver, before, after))
}

// step runs a program whose output matters only if it fails.
func (c *checker) step(ctx context.Context, args ...string) error {
	if output, err := c.command(ctx, args...); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(args, " "), err, output)
	}
	return nil
}
