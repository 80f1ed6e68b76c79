package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/distribution-azure/distribution/v3/registry/verify/adopt"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

// adoptFlags are the flags of adopt, as given.
type adoptFlags struct {
	apply          bool
	concurrency    int
	format, output string
}

// NewAdopt returns the adopt command. It ends the program when it has run.
func NewAdopt() *cobra.Command {
	var f adoptFlags
	cmd := &cobra.Command{
		Use:   "adopt <config>",
		Short: "`adopt` brings here what another version stored under other names",
		Long: "`adopt` brings here what version 2 of the registry stored in the same Azure container, under names\n" +
			"that begin with a slash; or, with legacyrootprefix, what version 3 stored under names that don't.\n" +
			"Without --apply it only says what it would do. It moves inside the storage, never over anything newer.\n" +
			"It exits with 0 if all is here, 1 if something is left, and 2 if it could not finish.",
		Args: cobra.MaximumNArgs(1),
		Run:  run(f.run),
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.apply, "apply", false, "do it, instead of saying what would be done")
	flags.IntVar(&f.concurrency, "concurrency", 8, "how many files to move at a time")
	registerReport(flags, &f.format, &f.output)
	return strict(cmd)
}

// errOnePrefix is why other storages have nothing to adopt.
var errOnePrefix = errors.New("only storage on Azure has two root prefixes")

func (f *adoptFlags) run(ctx context.Context, cmd *cobra.Command, args []string) (remaining bool, err error) {
	if f.concurrency < 1 {
		err = fmt.Errorf("--concurrency: %d is less than 1", f.concurrency)
	}
	if err := errors.Join(err, checkFormat(f.format)); err != nil {
		return false, err
	}
	driver, config, err := openStorage(ctx, args)
	if err != nil {
		return false, err
	}
	here, ok := driver.(adopt.Adopter)
	if !ok {
		return false, errOnePrefix
	}
	there, err := openElsewhere(ctx, config)
	if err != nil {
		return false, err
	}
	out, err := openOutput(cmd.OutOrStdout(), f.output)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	to := newAdoptReporter(f.format, out, f.apply)
	progress := report.NewProgress(os.Stderr)
	summary, err := adopt.Run(ctx, here, there.Driver, adopt.Options{Apply: f.apply, Concurrency: f.concurrency, Meter: progress}, to.Result)
	progress.Done()
	return summary.Remaining > 0, errors.Join(err, to.Summary(summary))
}

// adoptReporter is where results go.
type adoptReporter interface {
	Result(adopt.Result) error
	Summary(adopt.Summary) error
}

func newAdoptReporter(format string, w io.Writer, applied bool) adoptReporter {
	if format == "json" {
		return report.NewAdoptJSON(w)
	}
	return report.NewAdoptTable(w, applied)
}
