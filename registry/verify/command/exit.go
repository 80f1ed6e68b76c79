package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"
)

// What the commands exit with.
const (
	exitClean      = 0 // nothing is wrong, or nothing any more
	exitFindings   = 1
	exitUnfinished = 2
)

// run returns what cobra calls: do, ended early by a signal, and the exit code
// for its outcome. A second signal ends the program at once.
func run(do func(ctx context.Context, cmd *cobra.Command, args []string) (found bool, err error)) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, args []string) {
		spareMemory()
		ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
		context.AfterFunc(ctx, stop)
		found, err := do(ctx, cmd, args)
		stop()
		os.Exit(exitCode(cmd, found, err))
	}
}

func exitCode(cmd *cobra.Command, found bool, err error) int {
	switch {
	case err != nil:
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "could not finish: %v\n", err)
		return exitUnfinished
	case found:
		return exitFindings
	}
	return exitClean
}

// strict ends the program with exitUnfinished when the command line is wrong. By
// itself cobra leaves that to main, which exits with 1: as if something had been
// found.
func strict(cmd *cobra.Command) *cobra.Command {
	refuse := func(cmd *cobra.Command, err error) error {
		if err != nil {
			_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%v\nsee %s --help\n", err, cmd.CommandPath())
			os.Exit(exitUnfinished)
		}
		return nil
	}
	positional := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error { return refuse(cmd, positional(cmd, args)) }
	cmd.PreRun = func(cmd *cobra.Command, _ []string) { _ = refuse(cmd, cmd.ValidateFlagGroups()) }
	cmd.SetFlagErrorFunc(refuse)
	return cmd
}

// spareMemory lets the garbage collector run more often than it does by itself,
// since these commands may run beside a registry in a container of little memory.
// What the operator set with GOGC goes before.
func spareMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}
