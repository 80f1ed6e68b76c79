// Command patchqueue keeps patches/, the queue of patches that turns
// pristine upstream into upstream with this repository's azure driver.
//
//	patchqueue generate             write patches/ from the sources and patches/queue.yaml
//	patchqueue generate -check      fail if patches/ differs from what generate would write
//	patchqueue originality          fail if the queue repeats upstream's lines
//	patchqueue check                apply patch by patch to pristine upstream; build, vet and test after each
//	patchqueue tree -dir DIR        leave a patched, committed tree in DIR
//	patchqueue rebase -upstream V   move the pin to V and say what upstream changed
//
// It runs from the root of the repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// command is one subcommand: it parses its own flags and does its work.
type command func(ctx context.Context, args []string, out io.Writer) error

var commands = map[string]command{
	"generate":    generateCommand,
	"originality": originalityCommand,
	"check":       checkCommand,
	"tree":        treeCommand,
	"rebase":      rebaseCommand,
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
	if len(args) == 0 {
		return errors.New("give a command: generate, originality, check, tree or rebase")
	}
	cmd, ok := commands[args[0]]
	if !ok {
		return fmt.Errorf("unknown command %q: it is one of generate, originality, check, tree, rebase", args[0])
	}
	return cmd(ctx, args[1:], out)
}

// flags returns an empty flag set that reports errors instead of exiting.
func flags(name string) *flag.FlagSet {
	set := flag.NewFlagSet(name, flag.ContinueOnError)
	set.SetOutput(os.Stderr)
	return set
}
