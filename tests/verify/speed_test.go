package verify

import (
	"context"
	"io"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// BenchmarkFullRun compares a full run with reading the same blobs through the
// same driver, as many at a time, and doing nothing with them.
//
// Hashing costs processor time that reading doesn't, so the comparison says most
// where the storage is the limit, as it is for a registry: see "60 MiB a second".
// Azurite here takes its share of the same processors, and the filesystem answers
// from the page cache, faster than any processor hashes.
func BenchmarkFullRun(b *testing.B) {
	for _, p := range places {
		b.Run(p.name, func(b *testing.B) {
			r, _ := p.make(b)
			compareWithReading(b, r, r.Driver)
		})
	}
	b.Run("60 MiB a second for each blob", func(b *testing.B) {
		r, _ := places[0].make(b)
		compareWithReading(b, r, paced{r.Driver, 60 << 20})
	})
}

func compareWithReading(b *testing.B, r *verifytest.Registry, driver storagedriver.StorageDriver) {
	const blobs, size, concurrency = 32, 16 << 20, 8
	var paths []string
	for i := range blobs {
		d := r.PushBlob("a", verifytest.Noise(uint64(i), size), verifytest.Blocks(size, 4<<20)...)
		paths = append(paths, layout.BlobPath(d.Digest))
	}
	r.Right = nil // the bytes needn't be kept
	var reading, hashing time.Duration
	b.SetBytes(blobs * size)
	for b.Loop() {
		start := time.Now()
		readAll(b, driver, paths, concurrency)
		reading += time.Since(start)
		start = time.Now()
		_, err := verify.Run(b.Context(), driver, verify.Options{Full: true, Concurrency: concurrency}, func(verify.Finding) error { return nil })
		require.NoError(b, err)
		hashing += time.Since(start)
	}
	total := float64(b.N) * blobs * size / 1e6
	b.ReportMetric(total/reading.Seconds(), "MB/s-reading-alone")
	b.ReportMetric(total/hashing.Seconds(), "MB/s-full-run")
	b.ReportMetric(100*reading.Seconds()/hashing.Seconds(), "%-of-reading-alone")
}

func readAll(b *testing.B, driver storagedriver.StorageDriver, paths []string, concurrency int) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(concurrency)
	for _, p := range paths {
		group.Go(func() error { return discard(ctx, driver, p) })
	}
	require.NoError(b, group.Wait())
}

func discard(ctx context.Context, driver storagedriver.StorageDriver, p string) error {
	reader, err := driver.Reader(ctx, p, 0)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	return reader.Close()
}

// paced is a driver whose storage gives so many bytes a second for each blob.
type paced struct {
	storagedriver.StorageDriver
	perSecond int
}

func (d paced) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	r, err := d.StorageDriver.Reader(ctx, p, offset)
	if err != nil {
		return nil, err
	}
	// What arrives while nobody reads waits in the buffers of the connection.
	return &pacedReader{r, ctx, rate.NewLimiter(rate.Limit(d.perSecond), 256<<10)}, nil
}

type pacedReader struct {
	io.ReadCloser
	ctx     context.Context
	limiter *rate.Limiter
}

func (r *pacedReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b[:min(len(b), 32<<10)])
	if waited := r.limiter.WaitN(r.ctx, n); waited != nil {
		return n, waited
	}
	return n, err
}
