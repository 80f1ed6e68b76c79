package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

// shaCommand prints the SHA-256 of one of upstream's declarations, or of all
// declarations of a file.
func shaCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("sha")
	version := set.String("upstream", "", "version of upstream; the pinned one if empty")
	if err := set.Parse(args); err != nil {
		return err
	}
	if set.NArg() < 1 {
		return errors.New("give a file of upstream's, and a declaration such as '(*blobWriter).Close'")
	}
	up, err := fetchUpstream(ctx, *version)
	if err != nil {
		return err
	}
	name := set.Arg(0)
	content, ok := up.files[name]
	if !ok {
		return fmt.Errorf("upstream %s has no %s", up.version, name)
	}
	names := set.Args()[1:]
	if len(names) == 0 {
		if names, err = syntax.Names(name, content); err != nil {
			return err
		}
	}
	for _, decl := range names {
		text, ok, err := syntax.Text(name, content, decl)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%s has no single declaration of %s", name, decl)
		}
		fmt.Fprintf(out, "%s  %s\n", syntax.Sum(text), decl)
	}
	return nil
}
