package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// azurePackages is what the queue changes, seen from upstream's root.
const azurePackages = "./registry/storage/driver/azure/..."

// testContainer is where the azure tests put their blobs.
const testContainer = "patchqueue"

// checkCommand applies the queue to pristine upstream patch by patch and,
// after each, builds, vets and tests what is there then.
func checkCommand(ctx context.Context, args []string, out io.Writer) (err error) {
	set := flags("check")
	version := set.String("upstream", "", "version of upstream; the pinned one if empty")
	if err := set.Parse(args); err != nil {
		return err
	}
	q, err := readQueue()
	if err != nil {
		return err
	}
	up, err := q.fittingUpstream(ctx, *version)
	if err != nil {
		return err
	}
	root, err := os.MkdirTemp("", "patchqueue-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(root)) }()
	s, err := newScratch(ctx, filepath.Join(root, "upstream"), q.Author, up)
	if err != nil {
		return err
	}
	// HTTPS, because the signed URLs that the test suite follows allow nothing else.
	server, err := azurite.Start(ctx, azurite.Options{HTTPS: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	c := checker{scratch: s, server: server, out: out}
	if err := c.before(ctx); err != nil {
		return err
	}
	if err := applyAll(ctx, s, out, func(string) error { return c.afterPatch(ctx) }); err != nil {
		return err
	}
	return c.afterAll(ctx)
}

// checker looks at a scratch repository of upstream between two patches.
type checker struct {
	scratch  *scratch
	server   *azurite.Server
	out      io.Writer
	base     string          // pristine upstream's commit
	vendored map[string]bool // packages that upstream's own code needs
	round    int             // patches applied
}

// before makes a container, and learns what upstream's vendor folder holds:
// the packages outside its module that its code and tests need.
func (c *checker) before(ctx context.Context) (err error) {
	if c.base, err = c.scratch.revision(ctx, "HEAD"); err != nil {
		return err
	}
	if c.vendored, err = c.dependencies(ctx, "./..."); err != nil {
		return err
	}
	return c.server.CreateContainer(ctx, testContainer)
}

// afterPatch builds, vets and tests the azure packages, upstream's driver
// test suite against Azurite included, and builds the one program that is
// made with them. -short leaves out a 5 GiB stream of upstream's suite and
// most of the driver's simulation, which say nothing about the queue.
func (c *checker) afterPatch(ctx context.Context) error {
	c.round++
	for _, args := range [][]string{
		{"build", azurePackages, "./cmd/registry"},
		{"vet", azurePackages},
		{"test", "-short", "-v", azurePackages},
	} {
		started := time.Now()
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = c.scratch.dir
		cmd.Env = append(os.Environ(), c.environment()...)
		output, err := cmd.CombinedOutput()
		if err != nil {
			return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, output)
		}
		if args[0] == "test" && !suitePassed.Match(output) {
			return fmt.Errorf("go test: upstream's driver test suite did not run against Azurite:\n%s", output)
		}
		fmt.Fprintf(c.out, "  go %s: %s\n", args[0], time.Since(started).Round(time.Second))
	}
	return nil
}

// suitePassed is what go test says of the test that runs upstream's driver
// test suite. It skips itself if it finds no storage account.
var suitePassed = regexp.MustCompile(`(?m)^--- PASS: Test\w*DriverSuite `)

// environment points the azure tests at Azurite, by the variables that
// upstream's own tests read. It is the same after every patch, so that go
// test repeats only the tests of packages that the patch changed.
func (c *checker) environment() []string {
	return []string{
		"GOFLAGS=-mod=readonly", "GOWORK=off",
		"AZURE_STORAGE_CREDENTIALS_TYPE=shared_key",
		"AZURE_STORAGE_ACCOUNT_NAME=" + c.server.Account,
		"AZURE_STORAGE_ACCOUNT_KEY=" + c.server.Key,
		"AZURE_STORAGE_CONTAINER=" + testContainer,
		"AZURE_SERVICE_URL=" + c.server.URL,
		"AZURE_SKIP_VERIFY=true",
	}
}

// afterAll checks what holds for the queue as a whole: it leaves upstream's
// module files alone and needs no package that upstream doesn't vendor.
func (c *checker) afterAll(ctx context.Context) error {
	changed, err := c.scratch.git(ctx, "diff", "--name-only", c.base, "--", "go.mod", "go.sum")
	if err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("the queue changes %s", strings.Join(strings.Fields(changed), " and "))
	}
	untidy, err := c.scratch.git(ctx, "status", "--porcelain")
	if err != nil {
		return err
	}
	if untidy != "" {
		return fmt.Errorf("building and testing changed the tree:\n%s", untidy)
	}
	if err := c.tidy(ctx); err != nil {
		return err
	}
	if err := c.onlyVendored(ctx); err != nil {
		return err
	}
	tree, err := c.scratch.revision(ctx, "HEAD^{tree}")
	if err != nil {
		return err
	}
	fmt.Fprintf(c.out, "all %d patches apply, build and pass; tree %s\n", c.round, tree)
	return nil
}

// tidy fails if go mod tidy would change upstream's module files, as it does
// for a package whose module upstream lists as indirect. Upstream's own
// checks run it.
func (c *checker) tidy(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "mod", "tidy", "-diff")
	cmd.Dir = c.scratch.dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("the queue leaves upstream's module files untidy: go mod tidy: %w\n%s", err, output)
	}
	return nil
}

// onlyVendored fails if the azure packages now need a package that would
// have to be added to upstream's vendor folder or go.mod.
func (c *checker) onlyVendored(ctx context.Context) error {
	needed, err := c.dependencies(ctx, azurePackages)
	if err != nil {
		return err
	}
	for name := range needed {
		if !c.vendored[name] {
			return fmt.Errorf("the driver needs %s, which nothing in upstream imports", name)
		}
	}
	return nil
}

// dependencies returns the packages of other modules that the code and the
// tests matched by pattern need.
func (c *checker) dependencies(ctx context.Context, pattern string) (map[string]bool, error) {
	const format = `{{with .Module}}{{if not .Main}}{{$.ImportPath}}{{end}}{{end}}`
	listed, err := goCommand(ctx, c.scratch.dir, "list", "-mod=readonly", "-deps", "-test", "-f", format, pattern)
	if err != nil {
		return nil, err
	}
	packages := map[string]bool{}
	for name := range strings.FieldsSeq(string(listed)) {
		packages[name] = true
	}
	return packages, nil
}
