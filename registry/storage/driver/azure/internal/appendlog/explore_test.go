package appendlog

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
)

// plan says which schedules to explore: all those with so many faults, wherever they strike.
type plan struct {
	shape
	faults  int
	without []step // faults that don't strike
}

// explore walks every schedule of a plan, and returns how many there were. It stops at the first that breaks a promise
// and returns what happened in it.
func explore(ctx context.Context, open protocol, p plan) (schedules int, err error) {
	var walk treeWalk
	script := &faultScript{chooser: &walk, without: p.without}
	u := newUpload(open, script, p.shape)
	for more := true; more; more = walk.next() {
		schedules++
		script.faults = p.faults
		u.rewind()
		if err := u.run(ctx); err != nil {
			return schedules, fmt.Errorf("%w\n%s", err, u.steps())
		}
	}
	return schedules, nil
}

// faultsAtOnce is how many faults the schedules have. They get one shorter with -short, and under the race detector, which
// makes them ten times slower and has nothing to find: they run in one goroutine.
func faultsAtOnce() int {
	if testing.Short() {
		return 3 - raceDetector
	}
	return 4 - raceDetector
}

var (
	threeBlocks     = []int{3, 1, 2}
	withoutRefusals = []step{refused}
	networkOnly     = []step{refused, foreignBytes, truncatedByte, truncatedAll}
	tampering       = []step{foreignBytes, truncatedByte, truncatedAll}
)

// TestEverySchedule explores all schedules of up to so many faults over three blocks.
func TestEverySchedule(t *testing.T) {
	depth := faultsAtOnce()
	plans := []struct {
		name string
		plan plan
	}{
		// The writer has a retry for every fault: nothing but tampering may make it fail.
		{"one writer", plan{
			shape{blocks: threeBlocks, resumed: 1, retries: depth}, depth, withoutRefusals}},
		{"one writer, untampered", plan{
			shape{blocks: threeBlocks, resumed: 1, retries: depth + 1}, depth + 1, networkOnly}},
		{"one writer, less after a timeout", plan{
			shape{blocks: threeBlocks, resumed: 1, retries: depth, shrinks: true}, depth, withoutRefusals}},
		{"one writer, less after a timeout, untampered", plan{
			shape{blocks: []int{5, 2}, resumed: 1, retries: depth + 1, shrinks: true}, depth + 1, networkOnly}},
		{"resumed, less after a timeout", plan{
			shape{blocks: threeBlocks, resumed: 5, retries: 1, shrinks: true}, depth, withoutRefusals}},
		// A writer fails at the first fault that leaves it without progress. What it sent may land when it is gone.
		{"resumed in smaller blocks", plan{shape{blocks: threeBlocks, resumed: 2, retries: 0}, depth, nil}},
		{"resumed in larger blocks", plan{shape{blocks: threeBlocks, resumed: 5, retries: 0}, depth, nil}},
		{"resumed after a retry", plan{shape{blocks: threeBlocks, resumed: 2, retries: 1}, depth, nil}},
		{"resumed, untampered", plan{shape{blocks: threeBlocks, resumed: 2, retries: 0}, depth + 1, networkOnly}},
	}
	total := 0
	for _, p := range plans {
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				schedules, err := explore(t.Context(), rightProtocol(2), p.plan)
				if err != nil {
					t.Fatalf("schedule %d: %v", schedules, err)
				}
				t.Logf("%d schedules of up to %d faults", schedules, p.plan.faults)
				total += schedules
			})
		})
	}
	fmt.Fprintf(t.Output(), "explored %d schedules\n", total)
}
