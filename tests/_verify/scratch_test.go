package verify

import (
	"crypto/sha256"
	"io"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func BenchmarkScratch(b *testing.B) {
	const blobs, size, concurrency = 48, 16 << 20, 8
	a := verifytest.NewAzure(b)
	r := verifytest.New(b, a.Driver, a)
	var paths []string
	for i := range blobs {
		d := r.PushBlob("a", verifytest.Noise(uint64(i), size), verifytest.Blocks(size, 4<<20)...)
		paths = append(paths, layout.BlobPath(d.Digest))
	}
	for b.Loop() {
		for range 4 {
			t0 := time.Now()
			readAll(b, a, paths, concurrency)
			t1 := time.Now()
			g, ctx := errgroup.WithContext(b.Context())
			g.SetLimit(concurrency)
			for _, p := range paths {
				g.Go(func() error {
					rd, err := a.Driver.Reader(ctx, p, 0)
					if err != nil {
						return err
					}
					_, err = io.CopyBuffer(struct{ io.Writer }{sha256.New()}, struct{ io.Reader }{rd}, make([]byte, bufSize))
					rd.Close()
					return err
				})
			}
			g.Wait()
			t2 := time.Now()
			verify.Run(b.Context(), a.Driver, verify.Options{Full: true, Concurrency: concurrency}, func(verify.Finding) error { return nil })
			t3 := time.Now()
			println("read", t1.Sub(t0).Milliseconds(), "inline", t2.Sub(t1).Milliseconds(), "verify", t3.Sub(t2).Milliseconds())
		}
	}
}

const bufSize = 512 << 10
