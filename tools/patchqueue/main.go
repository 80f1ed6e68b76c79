// Command patchqueue keeps patches/, the queue of patches that our binary's
// copy of upstream is made with. patches/README.md describes it.
//
//	patchqueue apply                write build/upstream and go.work
//	patchqueue sha FILE [DECL]      the SHA-256 of upstream's declaration, for patch.yaml
//	patchqueue diff NAME            what a patch changes in upstream
//	patchqueue packages             the packages that series.fork touches
//	patchqueue check [NAME ...]     each patch: apply, build, vet, lint, test; its test fails without it
//	patchqueue mails                write build/patches, for git am
//	patchqueue pull-request         leave a patch as a branch in a clone of upstream
//	patchqueue rebase -upstream V   move the pin to V and try every patch on it
//	patchqueue originality          fail if a file here repeats upstream's lines
//
// It runs from the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// command is one subcommand: it parses its own flags and does its work.
type command func(ctx context.Context, args []string, out io.Writer) error

var commands = map[string]command{
	"apply":        applyCommand,
	"diff":         diffCommand,
	"sha":          shaCommand,
	"originality":  originalityCommand,
	"mails":        mailsCommand,
	"packages":     packagesCommand,
	"check":        checkCommand,
	"pull-request": pullRequestCommand,
	"rebase":       rebaseCommand,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "patchqueue:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	known := strings.Join(slices.Sorted(maps.Keys(commands)), ", ")
	if len(args) == 0 {
		return fmt.Errorf("give a command: %s", known)
	}
	cmd, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q: it is one of %s", args[0], known)
	}
	return cmd(ctx, args[1:], out)
}

// flags returns an empty flag set that reports errors instead of exiting.
func flags(name string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(os.Stderr)
	return set
}
