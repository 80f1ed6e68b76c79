package soak

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var (
	soakTime = flag.Duration("soak.time", 30*time.Second, "how long clients push and pull")
	rate     = flag.Float64("soak.rate", 0.1, "share of the requests to the storage that are struck, 0 to 1")
	clients  = flag.Int("soak.clients", 8, "how many clients push and pull at the same time")
	seed     = flag.Uint64("soak.seed", 1, "of faults and images")
)

const (
	// bar is the most pushes in a thousand that may fail.
	bar = 1
	// settleTime bounds the wait for the last late request.
	settleTime = time.Minute
)

// kinds are what Azure really does to its clients: everything that passes, stalls, and copies that
// take their time or end badly. A refusal that stays is no part of it, nor is a byte that changes
// on the way to a reader: TLS doesn't let that happen.
var kinds = append(faultproxy.Transient(),
	faultproxy.StallBefore, faultproxy.StallMidBody, faultproxy.StallAfter,
	faultproxy.CopyPending(time.Second), faultproxy.CopyFailed, faultproxy.CopyAborted,
)

func TestMain(m *testing.M) { registrytest.Main(m) }

func TestTrafficUnderFaults(t *testing.T) {
	storage := registrytest.StorageOn(t, azurite.ForTest(t, azurite.Options{}))
	config := registrytest.Options{Azure: storage.Azure(nil)}
	replicas := []*registrytest.Registry{registrytest.Start(t, config), registrytest.Start(t, config)}
	run := &ledger{address: balance(t, replicas)}

	faults := storage.Random(*rate, *seed, kinds...)
	var group sync.WaitGroup
	for id := range *clients {
		group.Go(func() { newClient(id, run).work(t.Context(), time.Now().Add(*soakTime)) })
	}
	group.Wait()
	storage.Disarm()
	requests := storage.Total()
	settle(t, storage)

	run.verify(t.Context())
	t.Logf("%d requests to the storage, %d of them struck%s", requests, faults.Struck(), table(faults.StruckByKind()))
	t.Logf("%d replicas, %d clients, seed %d: %s", len(replicas), *clients, *seed, run)

	if run.failed() {
		for _, r := range replicas {
			t.Logf("what the driver of %s could not do:\n%s", r.Address, strings.Join(r.Log.Lines("driver=azure", "level=error"), ""))
		}
	}

	require.Positive(t, faults.Struck(), "no fault struck")
	require.Positive(t, run.pushed, "nothing was pushed")
	assert.Zero(t, run.corrupt, "images with other bytes than were pushed")
	assert.Zero(t, run.lost, "acknowledged images or tags that are gone")
	assert.Zero(t, run.unreadable, "images that could not be pulled without faults")
	assert.LessOrEqual(t, run.failedPushes*1000, bar*run.pushes(), "failed pushes")
	assert.LessOrEqual(t, run.failedPulls*1000, bar*run.pulls(), "failed pulls")
}

// settle waits until no late request is outstanding: what it may undo has to be seen.
func settle(t *testing.T, storage *registrytest.Storage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), settleTime)
	defer cancel()
	require.NoError(t, storage.Settle(ctx))
}

// table lists counts by name, one a line.
func table(counts map[string]int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "\n\t%6d %s", counts[name], name)
	}
	return b.String()
}
