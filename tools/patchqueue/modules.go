package main

import (
	"context"
	"fmt"
	"strings"
)

// leavesModulesAlone fails if upstream's module files would have to change, or
// its vendor folder.
func (c *checker) leavesModulesAlone(ctx context.Context) error {
	if output, err := c.command(ctx, "go", "mod", "tidy", "-diff"); err != nil {
		return fmt.Errorf("upstream's module files are left untidy: %w\n%s", err, output)
	}
	return c.needsNothingNew(ctx)
}

// needsNothingNew fails if a package of another module is needed that nothing
// in upstream needs.
func (c *checker) needsNothingNew(ctx context.Context) error {
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
