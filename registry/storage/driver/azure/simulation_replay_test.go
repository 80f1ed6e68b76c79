package azure

import (
	"slices"
	"testing"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// simReplays is how many seeds are usually run twice.
const simReplays = 300

// TestSimulationReplays runs seeds twice: a seed that can't be replayed finds
// bugs that nobody can look into.
func TestSimulationReplays(t *testing.T) {
	quiet(t)
	for seed := range usual(simReplays) {
		first, second := record(t, seed), record(t, seed)
		if i := firstDifference(first, second); i >= 0 {
			t.Fatalf("seed %d: runs differ in line %d:\n%s\n%s", seed, i, line(first, i), line(second, i))
		}
	}
}

// record is all that happened in a run: every request, every call and return,
// every change.
func record(t *testing.T, seed uint64) []string {
	t.Helper()
	var lines []string
	run := simulate(t, seed, simOptions{trace: func(e blobsim.Event) { lines = append(lines, e.String()) }})
	for _, o := range run.history.Operations {
		o.Err = "" // of several deletes that end at the same moment, any may be named
		lines = append(lines, o.String())
	}
	for _, c := range run.history.Changes {
		lines = append(lines, c.String())
	}
	return lines
}

func firstDifference(a, b []string) int {
	for i := range max(len(a), len(b)) {
		if line(a, i) != line(b, i) {
			return i
		}
	}
	return -1
}

func line(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}

// TestSimulationSeedsDiffer makes sure that the replay compares something.
func TestSimulationSeedsDiffer(t *testing.T) {
	quiet(t)
	if slices.Equal(record(t, 1), record(t, 2)) {
		t.Fatal("two seeds gave the same run")
	}
}
