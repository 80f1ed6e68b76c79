package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/distribution/distribution/v3/configuration"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/spf13/cobra"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

// repairFlags are the flags of repair, as given.
type repairFlags struct {
	scope
	apply, quarantine, full bool
	litter                  bool
	waitReadOnly            bool
	undo, from              string
	format, output          string
}

// NewRepair returns the repair command. It ends the program when it has run.
func NewRepair() *cobra.Command {
	var f repairFlags
	cmd := &cobra.Command{
		Use:   "repair <config>",
		Short: "`repair` mends what verify finds",
		Long: "`repair` mends what verify finds. Without --apply it only says what it would do.\n" +
			"It may run while the registry serves; one repair at a time, please.\n" +
			"It exits with 0 if nothing is wrong any more, 1 if something is, and 2 if it could not finish.",
		Args: cobra.MaximumNArgs(1),
		Run:  run(f.run),
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.BoolVar(&f.apply, "apply", false, "do it, instead of saying what would be done")
	flags.BoolVar(&f.quarantine, "quarantine", false, "take away what can't be mended, so that the next push stores it again")
	flags.BoolVar(&f.litter, "litter", false, "delete litter as well: what deletes and cancelled pushes leave, and no image needs")
	flags.BoolVar(&f.full, "full", false, "look for damage with a full run instead of a quick one")
	flags.BoolVar(&f.waitReadOnly, "wait-for-readonly", false, "where the storage can't write on condition, write only when the configuration says storage.maintenance.readonly")
	flags.StringVar(&f.from, "from", "", "don't look for damage: take it from this report, as written by verify --format json")
	flags.StringVar(&f.undo, "undo", "", "put back what this record replaced or took away, and do nothing else")
	registerReport(flags, &f.format, &f.output)
	for _, other := range []string{"apply", "quarantine", "litter", "full", "from"} {
		cmd.MarkFlagsMutuallyExclusive("undo", other)
	}
	for _, other := range []string{"full", "repository", "digest"} {
		cmd.MarkFlagsMutuallyExclusive("from", other)
	}
	return strict(cmd)
}

func (f *repairFlags) run(ctx context.Context, cmd *cobra.Command, args []string) (remaining bool, err error) {
	options, err := f.options()
	for _, name := range []string{"from", "undo"} {
		if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "" {
			err = errors.Join(err, fmt.Errorf("--%s: it names nothing", name)) // a variable that isn't set
		}
	}
	if err := errors.Join(err, checkFormat(f.format)); err != nil {
		return false, err
	}
	driver, config, err := openStorage(ctx, args)
	if err != nil {
		return false, err
	}
	if f.undo != "" || f.apply {
		read := func() (*configuration.Configuration, error) { return readConfiguration(args) }
		if err := guard(ctx, driver, f.waitReadOnly, cmd.ErrOrStderr(), read); err != nil {
			return false, err
		}
	}
	if f.undo != "" {
		return false, undo(ctx, driver, f.undo, cmd.OutOrStdout())
	}
	if err := f.configure(ctx, &options, config); err != nil {
		return false, err
	}
	options.Full, options.Litter = f.full, f.litter
	findings, unread := f.findings(ctx, cmd, driver, options, storageName(config))
	if unread != nil && !errors.As(unread, new(*verify.UnreadableError)) {
		return false, unread
	}
	out, err := openOutput(cmd.OutOrStdout(), f.output)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	to := newRepairReporter(f.format, out, f.apply)
	summary, err := repair.Run(ctx, driver, findings, repair.Options{Apply: f.apply, Quarantine: f.quarantine, Litter: f.litter, Proxy: options.Proxy}, to.Result)
	return summary.Remaining > 0, errors.Join(unread, err, to.Summary(summary))
}

// findings looks for damage, or reads what an earlier run found.
func (f *repairFlags) findings(ctx context.Context, cmd *cobra.Command, driver storagedriver.StorageDriver, o verify.Options, storage string) ([]verify.Finding, error) {
	if f.from != "" {
		return readFindings(f.from, storage)
	}
	progress := report.NewProgress(os.Stderr)
	o.Meter = progress
	o.Planned = func(w verify.Workload) { announce(cmd.ErrOrStderr(), w) }
	var findings []verify.Finding
	_, err := verify.Run(ctx, driver, o, func(f verify.Finding) error {
		findings = append(findings, f)
		return nil
	})
	progress.Done()
	return findings, err
}

func readFindings(path, storage string) ([]verify.Finding, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("opening the report: %w", err)
	}
	findings, err := report.ReadJSON(file, storage)
	return findings, errors.Join(err, file.Close())
}

func undo(ctx context.Context, driver storagedriver.StorageDriver, path string, out io.Writer) error {
	record, err := repair.Undo(ctx, driver, path)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "put back %s, %d bytes\n", record.Target, record.Original.Size)
	return err
}

// repairReporter is where results go.
type repairReporter interface {
	Result(repair.Result) error
	Summary(repair.Summary) error
}

func newRepairReporter(format string, w io.Writer, applied bool) repairReporter {
	if format == "json" {
		return report.NewRepairJSON(w)
	}
	return report.NewRepairTable(w, applied)
}
