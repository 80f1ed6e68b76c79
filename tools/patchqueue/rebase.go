package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// rebaseCommand moves the pin in go.mod to another version of upstream. If
// upstream left the replaced files alone, it writes the queue again. If not,
// it shows what changed and leaves the rest to a person.
func rebaseCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("rebase")
	version := set.String("upstream", "", "version of upstream to move to")
	if err := set.Parse(args); err != nil {
		return err
	}
	if *version == "" {
		return errors.New("rebase: give -upstream")
	}
	q, err := readQueue()
	if err != nil {
		return err
	}
	before, err := fetchUpstream(ctx, q.Upstream, "")
	if err != nil {
		return err
	}
	after, err := fetchUpstream(ctx, q.Upstream, *version)
	if err != nil {
		return err
	}
	found, err := q.drifts(after)
	if err != nil {
		return err
	}
	if before.version != after.version {
		if _, err := goCommand(ctx, ".", "get", q.Upstream+"@"+after.version); err != nil {
			return err
		}
		fmt.Fprintf(out, "go.mod: upstream %s -> %s\n", before.version, after.version)
	}
	if len(found) > 0 {
		return q.explain(ctx, before, after, found, out)
	}
	return generateCommand(ctx, nil, out)
}

// explain shows how upstream changed the files that the queue replaces. The
// difference goes to the terminal only: it is upstream's writing.
func (q *queue) explain(ctx context.Context, before, after *upstream, found []drift, out io.Writer) error {
	for _, d := range found {
		fmt.Fprintf(out, "\n%s\n", d)
		if err := showDifference(ctx, before, after, d.Name, out); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\nCarry over what concerns us, then record in %s what was reviewed:\n", queueFile)
	for _, d := range found {
		if d.Got == "" {
			fmt.Fprintf(out, "  %s: take it out of replaced and of its patch\n", d.Name)
			continue
		}
		fmt.Fprintf(out, "  %s: %s\n", d.Name, d.Got)
	}
	fmt.Fprintln(out, "and run make patches.")
	return driftError(after.version, found)
}

// showDifference prints git's view of one file in two versions of upstream.
func showDifference(ctx context.Context, before, after *upstream, name string, out io.Writer) error {
	side := func(u *upstream) string {
		file := filepath.Join(u.dir, filepath.FromSlash(name))
		if _, err := os.Stat(file); err != nil {
			return os.DevNull
		}
		return file
	}
	cmd := exec.CommandContext(ctx, "git", "diff", "--no-index", "--", side(before), side(after))
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil // git says so when the files differ
	}
	if err != nil {
		return fmt.Errorf("compare %s: %w\n%s", name, err, stderr.String())
	}
	return nil
}
