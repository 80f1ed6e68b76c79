package azure

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-metrics"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// simSummary counts over many runs.
type simSummary struct {
	runs, tried, failed int
	struck              map[blobsim.Struck]int
	features            map[string]int // runs with each
	meddled             int
}

func (s *simSummary) add(run simRun) {
	s.runs++
	s.tried += run.tried
	s.failed += run.failed
	if s.struck == nil {
		s.struck, s.features = map[blobsim.Struck]int{}, map[string]int{}
	}
	s.meddled += run.meddled
	for _, f := range run.features {
		s.features[f]++
	}
	for what, n := range run.struck {
		s.struck[what] += n
	}
}

// print tells how fast it went, and which faults struck which operations.
func (s *simSummary) print(w io.Writer, took time.Duration) {
	fmt.Fprintf(w, "%d histories in %s (%.0f a second), %d operations, %d of them failed\n",
		s.runs, took.Round(time.Millisecond), float64(s.runs)/took.Seconds(), s.tried, s.failed)
	fmt.Fprintf(w, "%d times somebody else did something to a blob; histories with %v\n", s.meddled, s.features)
	for _, what := range slices.SortedFunc(maps.Keys(s.struck), func(a, b blobsim.Struck) int {
		return cmp.Or(cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Fault, b.Fault))
	}) {
		fmt.Fprintf(w, "  %-22s %-15s %8d\n", what.Operation, what.Fault, s.struck[what])
	}
}

// simFaults is every fault that has to strike each operation of a kind in a
// long enough simulation.
var (
	simReadFaults  = []blobsim.Fault{blobsim.RequestLost, blobsim.AnswerLost, blobsim.Throttled}
	simWriteFaults = append([]blobsim.Fault{blobsim.AppliedLate, blobsim.Twice}, simReadFaults...)
	simFaults      = map[blobsim.Operation][]blobsim.Fault{
		blobsim.GetBlob:       append([]blobsim.Fault{blobsim.Cut}, simReadFaults...),
		blobsim.ListBlobs:     append([]blobsim.Fault{blobsim.Cut}, simReadFaults...),
		blobsim.GetProperties: simReadFaults,
		blobsim.PutBlob:       append([]blobsim.Fault{blobsim.Damaged}, simWriteFaults...),
		blobsim.AppendBlock:   append([]blobsim.Fault{blobsim.Damaged}, simWriteFaults...),
		blobsim.CreateAppend:  simWriteFaults,
		blobsim.DeleteBlob:    simWriteFaults,
		blobsim.SetMetadata:   simWriteFaults,
		blobsim.CopyBlob:      simWriteFaults,
	}
)

// missing lists the faults that never struck.
func (s *simSummary) missing() (never []string) {
	for operation, faults := range simFaults {
		for _, fault := range faults {
			if s.struck[blobsim.Struck{Operation: operation, Fault: fault}] == 0 {
				never = append(never, fmt.Sprintf("%s: %s", operation, fault))
			}
		}
	}
	slices.Sort(never)
	return never
}

// printPaths tells which ways the driver took, by its own series.
func printPaths(w io.Writer) error {
	scrape := httptest.NewRecorder()
	metrics.Handler().ServeHTTP(scrape, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for line := range strings.Lines(scrape.Body.String()) {
		if series, _, _ := strings.Cut(line, "{"); strings.HasPrefix(series, "registry_storage_azure_") && strings.HasSuffix(series, "_total") {
			if _, err := io.WriteString(w, "  "+line); err != nil {
				return err
			}
		}
	}
	return nil
}

// explain writes down a seed whose run broke a rule, with its replay.
func (run simRun) explain(w io.Writer, seed uint64) {
	fmt.Fprintf(w, "seed %d, with %q:\n", seed, run.features)
	for _, v := range run.violations {
		fmt.Fprintf(w, "  %s\n", v)
	}
	for _, o := range run.history.Operations {
		fmt.Fprintf(w, "    %s\n", o)
	}
	for _, c := range run.history.Changes {
		fmt.Fprintf(w, "    %s\n", c)
	}
}
