package azure

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	simSeed  = flag.Uint64("sim.seed", 1, "first seed of the simulation")
	simCount = flag.Uint64("sim.count", 0, "number of seeds that the simulation runs; 0 for the usual number")
	simTime  = flag.Duration("sim.time", 0, "run the simulation for so long instead of sim.count seeds")
)

const (
	// simSeeds is how many seeds the simulation usually runs.
	simSeeds = 10_000
	// simEnough is how many runs let every fault strike every operation.
	simEnough = 1_000
)

// usual is the number of runs that is right for this test binary, where n is
// right for one without the race detector and without -short.
func usual(n uint64) uint64 {
	if testing.Short() {
		n /= 20
	}
	return n / raceSlowness
}

// simBroken is how many broken runs are shown before the rest is left.
const simBroken = 5

// TestSimulation runs random clients over two replicas on a model of the Blob
// service that loses, delays, repeats and damages requests, and checks each
// run's history. A seed that fails is replayed with -sim.seed=N -sim.count=1.
func TestSimulation(t *testing.T) {
	quiet(t)
	count := cmp.Or(*simCount, usual(simSeeds))
	start := time.Now()
	var next, broken atomic.Uint64
	var mu sync.Mutex
	var total simSummary
	t.Run("seeds", func(t *testing.T) {
		for worker := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(worker), func(t *testing.T) {
				t.Parallel()
				for n := next.Add(1) - 1; more(n, count, start) && broken.Load() < simBroken; n = next.Add(1) - 1 {
					run := simulate(t, *simSeed+n, simOptions{})
					mu.Lock()
					total.add(run)
					mu.Unlock()
					if len(run.violations) > 0 {
						broken.Add(1)
						var text strings.Builder
						run.explain(&text, *simSeed+n)
						t.Error(text.String())
					}
				}
			})
		}
	})
	if never := total.missing(); total.runs >= simEnough && len(never) > 0 {
		t.Errorf("these never struck: %q", never)
	}
	if *simTime > 0 {
		total.print(os.Stdout, time.Since(start))
		if err := printPaths(os.Stdout); err != nil {
			t.Error(err)
		}
	} else {
		var text strings.Builder
		total.print(&text, time.Since(start))
		t.Log(text.String())
	}
}

func more(n, count uint64, start time.Time) bool {
	if *simTime > 0 {
		return time.Since(start) < *simTime
	}
	return n < count
}
