package storage

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

// busyDriver knows how many reads it had at most at a time. It lets none go
// until as many have come as there may be.
type busyDriver struct {
	driver.StorageDriver
	limit int

	mu        sync.Mutex
	now, most int
	once      sync.Once
	full      chan struct{}
}

func (d *busyDriver) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	d.mu.Lock()
	d.now++
	d.most = max(d.most, d.now)
	if d.now == d.limit {
		d.once.Do(func() { close(d.full) })
	}
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.now--
	}()
	select {
	case <-d.full:
	case <-time.After(10 * time.Second):
		return nil, fmt.Errorf("nobody else reads")
	}
	return d.StorageDriver.Reader(ctx, p, offset)
}

func TestGCReadsManifestsInParallelWithinABound(t *testing.T) {
	d := &busyDriver{StorageDriver: inmemory.New(), limit: 3, full: make(chan struct{})}
	registry := createRegistry(t, d.StorageDriver)
	repo := makeRepository(t, registry, "parallel")
	for i := range 2 * d.limit {
		smallImage(t, repo, fmt.Sprint(i))
	}
	err := MarkAndSweep(dcontext.Background(), d, registry, GCOpts{Quiet: true, Concurrency: d.limit})
	if err != nil {
		t.Fatal(err)
	}
	if d.most > d.limit {
		t.Errorf("%d reads at a time instead of %d", d.most, d.limit)
	}
}
