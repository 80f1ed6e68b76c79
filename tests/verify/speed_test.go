package verify

import (
	"context"
	"fmt"
	"io"
	"slices"
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

const concurrency = 8 // as the command has it

// BenchmarkFullRun compares a full run with reading the same blobs through the
// same driver, in as many streams at a time, and doing nothing with them.
//
// Hashing costs processor time that reading doesn't, so the comparison says most
// where the storage is the limit, as it is for a registry: see "60 MiB a second".
// Azurite here takes its share of the same processors, and the filesystem answers
// from the page cache, faster than any processor hashes.
func BenchmarkFullRun(b *testing.B) {
	many, single := slices.Repeat([]int{16 << 20}, 32), []int{512 << 20}
	for _, p := range places {
		b.Run(p.name, func(b *testing.B) {
			r, _ := p.make(b)
			compareWithReading(b, r, r.Driver, many)
		})
	}
	for name, sizes := range map[string][]int{
		"32 blobs":           many,
		"a large blob":       single,
		"a large one and 32": append(single, many...),
	} {
		b.Run("60 MiB a second for each stream, "+name, func(b *testing.B) {
			r, _ := places[0].make(b)
			compareWithReading(b, r, paced{r.Driver, 60 << 20}, sizes)
		})
	}
	b.Run("the page cache, a large blob", func(b *testing.B) {
		r, _ := places[0].make(b)
		compareWithReading(b, r, r.Driver, single)
	})
}

func compareWithReading(b *testing.B, r *verifytest.Registry, driver storagedriver.StorageDriver, sizes []int) {
	b.Helper()
	var parts []section
	total := 0
	for i, size := range sizes {
		d := r.PushBlob("a", verifytest.Noise(uint64(i), size), verifytest.Blocks(size, 4<<20)...)
		parts = append(parts, sections(layout.BlobPath(d.Digest), int64(size))...)
		total += size
	}
	r.Right = nil // the bytes needn't be kept
	var reading, hashing time.Duration
	b.SetBytes(int64(total))
	for b.Loop() {
		start := time.Now()
		readAll(b, driver, parts)
		reading += time.Since(start)
		start = time.Now()
		_, err := verify.Run(b.Context(), driver, verify.Options{Full: true, Concurrency: concurrency}, func(f verify.Finding) error {
			return fmt.Errorf("found %+v", f)
		})
		require.NoError(b, err)
		hashing += time.Since(start)
	}
	read := float64(b.N) * float64(total) / 1e6
	b.ReportMetric(read/reading.Seconds(), "MB/s-reading-alone")
	b.ReportMetric(read/hashing.Seconds(), "MB/s-full-run")
	b.ReportMetric(100*reading.Seconds()/hashing.Seconds(), "%-of-reading-alone")
}

// section is a part of a file.
type section struct {
	path           string
	offset, length int64
}

// sections cuts what is larger than 16 MiB, so that all streams can read it.
func sections(path string, size int64) (s []section) {
	for offset := int64(0); offset < size; offset += 16 << 20 {
		s = append(s, section{path, offset, min(16<<20, size-offset)})
	}
	return s
}

func readAll(b *testing.B, driver storagedriver.StorageDriver, parts []section) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(concurrency)
	for _, s := range parts {
		group.Go(func() error { return discard(ctx, driver, s) })
	}
	require.NoError(b, group.Wait())
}

func discard(ctx context.Context, driver storagedriver.StorageDriver, s section) error {
	reader, err := driver.Reader(ctx, s.path, s.offset)
	if err != nil {
		return err
	}
	if _, err := io.CopyN(io.Discard, reader, s.length); err != nil {
		return err
	}
	return reader.Close()
}

// paced is a driver whose storage gives so many bytes a second for each stream.
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
