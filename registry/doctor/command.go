package doctor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
)

// What the command exits with.
const (
	exitOK      = 0
	exitWarning = 1
	exitFailed  = 2
)

// flags are those of the command, as given.
type flags struct {
	format  string
	replica string
	service bool
}

// NewCommand returns the doctor command. It ends the program when it has run.
func NewCommand() *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:   "doctor <config>",
		Short: "`doctor` says what is wrong with a configuration and its Azure storage",
		Long: "`doctor` tries everything that a registry needs of its Azure storage, in the order in which\n" +
			"one thing that fails explains the next, and says what is wrong and what to do. What it\n" +
			"writes has a random name that no registry lists, and is removed.\n" +
			"It exits with 0 if all is well, 1 with warnings, and 2 if something failed.",
		Args: func(cmd *cobra.Command, args []string) error { return refuse(cmd, cobra.MaximumNArgs(1)(cmd, args)) },
		Run:  func(cmd *cobra.Command, args []string) { os.Exit(f.run(cmd, args)) },
	}
	cmd.Flags().StringVar(&f.format, "format", "table", "how to write the report: table or json")
	cmd.Flags().StringVar(&f.replica, "replica", "", "the configuration of another replica of this registry, to be compared")
	cmd.Flags().BoolVar(&f.service, "service", false, "ask the service what the driver relies on, and compare with the model and the emulator of its tests")
	cmd.SetFlagErrorFunc(refuse)
	return cmd
}

// refuse ends the program when the command line is wrong.
func refuse(cmd *cobra.Command, err error) error {
	if err != nil {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%v\nsee %s --help\n", err, cmd.CommandPath())
		os.Exit(exitFailed)
	}
	return nil
}

// run makes the report and returns the exit code. A first signal ends the checks, and what
// was written is still removed; a second one ends the program at once.
func (f *flags) run(cmd *cobra.Command, args []string) int {
	if f.format != "table" && f.format != "json" {
		_ = refuse(cmd, fmt.Errorf("--format %q is neither table nor json", f.format))
	}
	path := os.Getenv("REGISTRY_CONFIGURATION_PATH")
	if len(args) > 0 {
		path = args[0]
	}
	if path == "" {
		_ = refuse(cmd, fmt.Errorf("no configuration: give its path, or set REGISTRY_CONFIGURATION_PATH"))
	}
	// What the driver logs is what the rows say.
	logrus.SetOutput(io.Discard)
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)

	progress := newProgress(os.Stderr)
	report := f.examine(ctx, path, progress)
	progress.done()
	if err := f.write(cmd.OutOrStdout(), report); err != nil {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "writing the report: %v\n", err)
		return exitFailed
	}
	switch {
	case ctx.Err() != nil, report.Result == azure.Failed:
		return exitFailed
	case report.Result == azure.Warning:
		return exitWarning
	}
	return exitOK
}

func (f *flags) write(w io.Writer, r Report) error {
	if f.format == "json" {
		return writeJSON(w, r)
	}
	return writeTable(w, r)
}
