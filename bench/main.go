package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"

	"github.com/distribution-azure/distribution/v3/bench/sink"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// options are the flags.
type options struct {
	full      bool
	only      *regexp.Regexp
	json, svg string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, parseFlags())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseFlags() options {
	var o options
	flag.BoolVar(&o.full, "full", false, "also measure what takes minutes")
	only := flag.String("only", "", "measure only work whose name matches this `regexp`")
	flag.StringVar(&o.json, "json", "", "write the results to this `file`")
	flag.StringVar(&o.svg, "svg", "", "draw the results to this `file`")
	flag.Parse()
	o.only = regexp.MustCompile(*only)
	return o
}

func bench(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	ours, err := build(ctx, dir, "ours")
	if err != nil {
		return err
	}
	upstream, err := build(ctx, dir, "upstream")
	if err != nil {
		return err
	}
	s := &services{sink: sink.Start()}
	defer s.sink.Close()
	if s.azurite, err = azurite.Start(ctx, azurite.Options{InMemory: true}); err != nil {
		return err
	}
	defer s.azurite.Stop() //nolint:errcheck // it kept nothing

	var results []result
	for _, w := range works(o.full) {
		if !o.only.MatchString(w.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, w.name)
		r := result{
			Work: w.name, LatencyMS: float64(w.link.latency.Milliseconds()), Bandwidth: w.link.bandwidth,
			Bytes: w.bytes, IdealSeconds: w.link.ideal(w.bytes).Seconds(),
		}
		if r.Ours, err = s.measure(ctx, w, ours); err != nil {
			return fmt.Errorf("%s, ours: %w", w.name, err)
		}
		if !w.oursOnly {
			if r.Upstream, err = s.measure(ctx, w, upstream); err != nil {
				return fmt.Errorf("%s, upstream: %w", w.name, err)
			}
			if r.Ours.left != r.Upstream.left {
				return fmt.Errorf("%s: what is stored in the end isn't the same", w.name)
			}
		}
		results = append(results, r)
		if err := o.write(results); err != nil { // a run that is broken off leaves what it has
			return err
		}
	}
	return printTable(os.Stdout, results)
}

// write writes the files that were asked for.
func (o options) write(results []result) error {
	if o.json != "" {
		if err := writeJSON(o.json, results); err != nil {
			return err
		}
	}
	if o.svg != "" {
		return writeChart(o.svg, results)
	}
	return nil
}

// build builds a replica's binary.
func build(ctx context.Context, dir, name string) (string, error) {
	binary := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "github.com/distribution-azure/distribution/v3/bench/"+name)
	cmd.Stderr = os.Stderr
	if name == "upstream" {
		// Outside of the workspace, which has our patches in upstream.
		cmd.Env = append(os.Environ(), "GOWORK=off")
	}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("building %s: %w", name, err)
	}
	return binary, nil
}
