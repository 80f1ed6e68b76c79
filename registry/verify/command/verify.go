package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/cobra"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

// verifyFlags are the flags of verify, as given.
type verifyFlags struct {
	scope
	quick, full    bool
	rate, maxBytes string
	sample, since  string
	format, output string
	checkpoint     string
	metricsFile    string
	metricsPush    string
	litter         bool
}

// NewVerify returns the verify command. It ends the program when it has run.
func NewVerify() *cobra.Command {
	var f verifyFlags
	cmd := &cobra.Command{
		Use:   "verify <config>",
		Short: "`verify` finds damaged images, reading only",
		Long: "`verify` finds damaged images. It only reads, and may run while the registry serves.\n" +
			"It exits with 0 if it found no damage, 1 if it found some, and 2 if it could not finish\n" +
			"or there is no registry. Litter (what deletes and cancelled pushes leave) is no damage.",
		Args: cobra.MaximumNArgs(1),
		Run:  run(f.run),
	}
	flags := cmd.Flags()
	f.register(flags)
	flags.BoolVar(&f.quick, "quick", false, "check sizes and structure, without reading layers (the default)")
	flags.BoolVar(&f.full, "full", false, "read and hash every blob, and read every link")
	flags.StringVar(&f.rate, "rate", "", "hash at most so much per second, as in 50MiB")
	flags.StringVar(&f.maxBytes, "max-bytes", "", "stop hashing after so much, as in 500GiB")
	flags.StringVar(&f.sample, "sample", "", "hash only so many percent of the blobs, as in 5%")
	flags.StringVar(&f.since, "since", "", "check only blobs stored since then, as in 2025-01-31 or 72h")
	flags.StringVar(&f.checkpoint, "checkpoint", "", "remember in this file what has been hashed, and resume from it")
	flags.BoolVar(&f.litter, "litter", false, "list litter as well, which is no damage and doesn't decide the exit code")
	flags.StringVar(&f.metricsFile, "metrics-file", "", "write metrics of the run to this file, for node exporter's textfile collector")
	flags.StringVar(&f.metricsPush, "metrics-push", "", "push metrics of the run to the Pushgateway at this URL")
	registerReport(flags, &f.format, &f.output)
	cmd.MarkFlagsMutuallyExclusive("quick", "full")
	return strict(cmd)
}

func (f *verifyFlags) run(ctx context.Context, cmd *cobra.Command, args []string) (found bool, err error) {
	options, err := f.options()
	if err != nil {
		return false, err
	}
	driver, config, err := openStorage(ctx, args)
	if err != nil {
		return false, err
	}
	if err := f.configure(ctx, &options, config); err != nil {
		return false, err
	}
	storage := storageName(config)
	if f.checkpoint != "" {
		options.Checkpoint, err = verify.OpenCheckpoint(f.checkpoint, storage)
		if err != nil {
			return false, err
		}
		defer func() { err = errors.Join(err, options.Checkpoint.Close()) }()
	}
	out, err := openOutput(cmd.OutOrStdout(), f.output)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	progress := report.NewProgress(os.Stderr)
	options.Meter = progress
	options.Planned = func(w verify.Workload) { announce(cmd.ErrOrStderr(), w) }
	to := newReporter(f.format, out, storage)
	began := time.Now()
	summary, err := verify.Run(ctx, driver, options, to.Finding)
	progress.Done()
	return summary.Findings > 0, errors.Join(err, to.Summary(summary), f.leaveMetrics(ctx, report.NewMetrics(storage, summary, began, time.Now())))
}

// leaveMetrics writes and pushes the metrics, also those of a run that was broken
// off.
func (f *verifyFlags) leaveMetrics(ctx context.Context, m *report.Metrics) error {
	var failed error
	if f.metricsFile != "" {
		failed = m.Write(f.metricsFile)
	}
	if f.metricsPush != "" {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pushTime)
		defer cancel()
		failed = errors.Join(failed, m.Push(ctx, f.metricsPush))
	}
	return failed
}

// pushTime is how long a Pushgateway may take.
const pushTime = 30 * time.Second

// announce says what a full run is about to read.
func announce(w io.Writer, load verify.Workload) {
	_, _ = fmt.Fprintf(w, "about to read %d blobs, %s, with at least %d requests\n",
		load.Blobs, units.BytesSize(float64(load.Bytes)), load.Requests)
}

// reporter is where findings go.
type reporter interface {
	Finding(verify.Finding) error
	Summary(verify.Summary) error
}

func newReporter(format string, w io.Writer, storage string) reporter {
	if format == "json" {
		return report.NewJSON(w, storage)
	}
	return report.NewTable(w)
}

// options reads the flags. Its error names every one that is wrong.
func (f *verifyFlags) options() (verify.Options, error) {
	o, wrong := f.scope.options()
	check := func(flag string, err error) {
		if err != nil {
			wrong = errors.Join(wrong, fmt.Errorf("--%s: %w", flag, err))
		}
	}
	o.Full = f.full
	o.Litter = f.litter
	var err error
	o.Rate, err = parseSize(f.rate)
	check("rate", err)
	o.MaxBytes, err = parseSize(f.maxBytes)
	check("max-bytes", err)
	o.Sample, err = parsePercent(f.sample)
	check("sample", err)
	o.Since, err = parseSince(f.since, time.Now())
	check("since", err)
	check("format", checkFormat(f.format))
	if (f.metricsFile != "" || f.metricsPush != "") && (f.sample+f.since != "" || len(f.repositories)+len(f.digests) > 0) {
		check("metrics-...", errors.New("only for a run over the whole registry"))
	}
	for flag, value := range map[string]string{
		"rate": f.rate, "max-bytes": f.maxBytes, "sample": f.sample, "checkpoint": f.checkpoint,
	} {
		if value != "" && !f.full {
			check(flag, errors.New("only with --full"))
		}
	}
	return o, wrong
}
