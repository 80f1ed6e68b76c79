package verify

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// BenchmarkFullRun compares a full run over Azurite with reading the same blobs,
// as many at a time, and doing nothing with them.
func BenchmarkFullRun(b *testing.B) {
	const blobs, size, concurrency = 24, 8 << 20, 8
	a := verifytest.NewAzure(b)
	r := verifytest.New(b, a.Driver, a)
	var paths []string
	for i := range blobs {
		d := r.PushBlob("a", verifytest.Noise(uint64(i), size), verifytest.Blocks(size, 4<<20)...)
		paths = append(paths, layout.BlobPath(d.Digest))
	}
	var reading, hashing time.Duration
	b.SetBytes(blobs * size)
	for b.Loop() {
		start := time.Now()
		readAll(b, a, paths, concurrency)
		reading += time.Since(start)
		start = time.Now()
		_, err := verify.Run(b.Context(), a.Driver, verify.Options{Full: true, Concurrency: concurrency}, func(verify.Finding) error { return nil })
		require.NoError(b, err)
		hashing += time.Since(start)
	}
	b.ReportMetric(100*reading.Seconds()/hashing.Seconds(), "%-of-reading-alone")
}

func readAll(b *testing.B, a *verifytest.Azure, paths []string, concurrency int) {
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(concurrency)
	for _, p := range paths {
		group.Go(func() error { return discard(ctx, a, p) })
	}
	require.NoError(b, group.Wait())
}

func discard(ctx context.Context, a *verifytest.Azure, p string) error {
	reader, err := a.Driver.Reader(ctx, p, 0)
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, reader); err != nil {
		return err
	}
	return reader.Close()
}
