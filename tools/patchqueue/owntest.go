package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

// isTest reports whether a file of upstream's is there for tests only.
func isTest(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.Contains(name, "/testdata/")
}

var (
	notBuilt = regexp.MustCompile(`\[(build|setup) failed\]`)
	oneFails = regexp.MustCompile(`(?m)^\s*--- FAIL|^panic: `)
)

// failsWithout puts a patch's tests, and nothing else of it, onto the tree
// before it. At least one must fail, and not by not being built.
func (c *checker) failsWithout(ctx context.Context, p *patch, before tree) error {
	after := before.clone()
	if err := p.apply(after, c.up, isTest); err != nil {
		return err
	}
	tests, folders, err := changedTests(before, after)
	if err != nil {
		return err
	}
	if len(tests) == 0 {
		return errors.New("it has no test")
	}
	if _, err := after.write(c.scratch.dir); err != nil {
		return err
	}
	output, err := c.command(ctx, testOnly("3m", tests, folders)...)
	switch {
	case err == nil:
		return fmt.Errorf("none of its tests fails without it: %s", strings.Join(tests, ", "))
	case p.TestCannotBuild != "" && notBuilt.Match(output):
		return nil
	case p.TestCannotBuild != "":
		return errors.New("its test can be built without it: take test-cannot-build away")
	case notBuilt.Match(output):
		return fmt.Errorf("its tests can't be built without it, so nobody sees them fail:\n%s", output)
	case !oneFails.Match(output):
		return fmt.Errorf("its tests do not run without it:\n%s", output)
	}
	return nil
}

// testOnly is the command that runs these tests. A test that has to pass gets
// more time than any machine needs.
func testOnly(timeout string, tests, folders []string) []string {
	return slices.Concat([]string{"go", "test", "-short", "-timeout", timeout, "-run", "^(" + strings.Join(tests, "|") + ")$"}, folders)
}

// changedTests names the tests that are new or different in a tree, and their
// folders.
func changedTests(before, after tree) (tests, folders []string, err error) {
	found, dirs := map[string]bool{}, map[string]bool{}
	for _, file := range before.changed(after) {
		if !strings.HasSuffix(file, "_test.go") || after[file] == nil {
			continue
		}
		names, err := syntax.Names(file, after[file])
		if err != nil {
			return nil, nil, err
		}
		for _, name := range names {
			if !strings.HasPrefix(name, "Test") || name == "TestMain" {
				continue
			}
			now, _, err := syntax.Text(file, after[file], name)
			if err != nil {
				return nil, nil, err
			}
			if old := before[file]; old != nil {
				if was, ok, err := syntax.Text(file, old, name); err != nil || ok && was == now {
					continue
				}
			}
			found[name], dirs["./"+path.Dir(file)] = true, true
		}
	}
	return slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(dirs)), nil
}

// command runs a program in the scratch repository, outside of any workspace.
func (c *checker) command(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.scratch.dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=readonly")
	return cmd.CombinedOutput()
}

// packagesCommand prints the packages that series.fork touches: make test runs
// their tests in the workspace.
func packagesCommand(_ context.Context, args []string, out io.Writer) error {
	if err := flags("packages").Parse(args); err != nil {
		return err
	}
	fork, err := readSeries(forkSeries)
	if err != nil {
		return err
	}
	packages := map[string]bool{}
	for _, p := range fork {
		for _, dir := range p.packages() {
			packages[path.Join(upstreamModule, dir)] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		fmt.Fprintln(out, name)
	}
	return nil
}
