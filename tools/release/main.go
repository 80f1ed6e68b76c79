// Command release decides which tags of the images a release gets, as
// docs/versioning.md promises: the tag of the version itself, which must not
// exist yet, and those that move, unless a newer version has them.
//
//	release -version v3.1.2-azure.1 -image REGISTRY/REPOSITORY
//
// It runs in a checkout with all of git's tags, and prints two lines that a
// workflow can take as outputs: tags=... and static-tags=..., separated by
// commas.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	version := flags.String("version", "", "git tag of the release")
	image := flags.String("image", "", "registry and repository of the images")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *version == "" || *image == "" {
		return errors.New("give -version and -image")
	}
	listed, err := exec.CommandContext(ctx, "git", "tag", "--list", "v*-azure.*").Output()
	if err != nil {
		return fmt.Errorf("list git's tags: %w", err)
	}
	tags, err := imageTags(*version, strings.Fields(string(listed)))
	if err != nil {
		return err
	}
	for name, suffix := range map[string]string{"tags": "", "static-tags": "-static"} {
		if err := unpublished(ctx, *image+":"+tags[0]+suffix); err != nil {
			return err
		}
		var names []string
		for _, tag := range tags {
			names = append(names, *image+":"+tag+suffix)
		}
		fmt.Fprintf(out, "%s=%s\n", name, strings.Join(names, ","))
	}
	return nil
}
