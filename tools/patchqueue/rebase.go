package main

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// rebaseCommand moves the pin in go.mod to another version of upstream and
// tries every patch on it. What doesn't fit is shown with both texts and left
// to a person.
func rebaseCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("rebase")
	version := set.String("upstream", "", "version of upstream to move to")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *version == "" {
		return errors.New("rebase: give -upstream")
	}
	up, err := fetchUpstream(ctx, *version)
	if err != nil {
		return err
	}
	if _, err := goCommand(ctx, ".", "get", upstreamModule+"@"+up.version); err != nil {
		return err
	}
	fmt.Fprintf(out, "go.mod: upstream %s\n", up.version)
	if err := fitsAll(up); err != nil {
		return fmt.Errorf("%w\n\nCarry over what concerns the patches, and put the new sums into their patch.yaml", err)
	}
	return applyCommand(ctx, nil, out)
}

// fitsAll tries both series and the driver on a version of upstream and
// returns everything that doesn't fit.
func fitsAll(up *upstream) error {
	fork, err := wholeFork()
	if err != nil {
		return err
	}
	requests, err := readSeries(upstreamSeries)
	if err != nil {
		return err
	}
	var problems []error
	files := up.files.clone()
	for _, p := range fork {
		problems = append(problems, p.apply(files, up, nil))
	}
	for _, p := range requests {
		problems = append(problems, p.apply(up.files.clone(), up, nil))
	}
	return errors.Join(problems...)
}
