// Command compare runs the cases of tests/parity against our binary and pristine upstream's, and prints what
// became of each. It fails if ours is red anywhere.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

const (
	tests = "github.com/distribution-azure/distribution/v3/tests/parity"
	ours  = "github.com/distribution-azure/distribution/v3/cmd/registry"
	stock = "github.com/distribution/distribution/v3/cmd/registry"
)

// row is one of the test binary's report.
type row struct {
	Case, Source string
	OK, Never    bool
	Seconds      float64
}

func main() {
	pattern := flag.String("run", "", "only the cases that match, as go test -run takes them")
	flag.Parse()
	if err := compare(context.Background(), *pattern); err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

func compare(ctx context.Context, pattern string) error {
	scratch, err := os.MkdirTemp("", "parity-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch) //nolint:errcheck // scratch
	in := func(name string) string { return filepath.Join(scratch, name) }

	for _, build := range [][]string{
		{"build", "-o", in("ours"), ours},
		{"test", "-c", "-o", in("tests"), tests},
	} {
		if err := run(ctx, os.Stderr, nil, "go", build...); err != nil {
			return err
		}
	}
	// Without the workspace: upstream as it is, and not as the patch queue has made it.
	if err := run(ctx, os.Stderr, []string{"GOWORK=off"}, "go", "build", "-o", in("stock"), stock); err != nil {
		return err
	}
	columns := map[string][]row{}
	for _, binary := range []string{"stock", "ours"} {
		if columns[binary], err = column(ctx, scratch, binary, pattern); err != nil {
			return fmt.Errorf("%s: %w", binary, err)
		}
	}
	return table(os.Stdout, columns["stock"], columns["ours"])
}

// column runs all cases against one binary. Its log stays in build/parity.
func column(ctx context.Context, scratch, binary, pattern string) ([]row, error) {
	if err := os.MkdirAll(filepath.Join("build", "parity"), 0o750); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join("build", "parity", binary+".log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() //nolint:errcheck // for people to read, if it is there
	report := filepath.Join(scratch, binary+".json")
	arguments := []string{"-test.v", "-test.timeout=30m", "-parity.report=" + report}
	if binary == "stock" {
		arguments = append(arguments, "-parity.binary="+filepath.Join(scratch, binary))
	}
	if pattern != "" {
		arguments = append(arguments, "-test.run=TestParity/"+pattern)
	}
	fmt.Fprintf(os.Stderr, "running the cases against %s, log in %s\n", binary, log.Name())
	failed := run(ctx, log, nil, filepath.Join(scratch, "tests"), arguments...)
	text, err := os.ReadFile(report)
	if err != nil {
		return nil, errors.Join(failed, err)
	}
	var rows []row
	return rows, json.Unmarshal(text, &rows)
}

func run(ctx context.Context, output io.Writer, env []string, name string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, name, arguments...)
	cmd.Stdout, cmd.Stderr = output, output
	cmd.Env = append(os.Environ(), env...)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

func table(w io.Writer, stock, ours []row) error {
	byCase := map[string]row{}
	for _, r := range stock {
		byCase[r.Case] = r
	}
	lines := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(lines, "case\tsource\tstock\tours\t")
	red, worse, stockGreen := 0, 0, 0
	for _, r := range ours {
		other, ran := byCase[r.Case]
		verdict := ""
		if !r.OK {
			red++
			if verdict = "red"; ran && other.OK && !other.Never {
				worse++
				verdict = "worse than stock"
			}
		}
		if other.OK && !other.Never {
			stockGreen++
		}
		fmt.Fprintf(lines, "%s\t%s\t%s\t%s\t%s\n", r.Case, r.Source, mark(other, ran), mark(r, true), verdict)
	}
	if err := lines.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\n%d cases: stock green in %d, ours in %d\n", len(ours), stockGreen, len(ours)-red)
	switch {
	case len(ours) == 0:
		return errors.New("no case ran")
	case red > 0:
		return fmt.Errorf("ours is red in %d cases, in %d of them worse than stock", red, worse)
	}
	return nil
}

func mark(r row, ran bool) string {
	switch {
	case !ran:
		return "?"
	case r.Never:
		return "-" // makes no such request
	case r.OK:
		return fmt.Sprintf("ok %.0fs", r.Seconds)
	}
	return fmt.Sprintf("RED %.0fs", r.Seconds)
}
