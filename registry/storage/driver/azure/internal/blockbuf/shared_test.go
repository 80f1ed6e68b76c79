package blockbuf

import (
	"bytes"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAnyNumberOfWritersEnd has far more writers than the memory has room for, some of whose clients stop half-way for
// an hour and more and keep what they hold. All end, each stream is stored, and the bound holds.
func TestAnyNumberOfWritersEnd(t *testing.T) {
	for _, writers := range []int{1, 7, 60} {
		synctest.Test(t, func(t *testing.T) {
			const limit, size = 8 << 20, 1<<20 + 12345
			m := NewMemory(limit)
			bound := m.free() + max(limit/reserve, int64(writers)*assured)
			content := make([]byte, size)
			_, _ = rand.NewChaCha8([32]byte{}).Read(content)
			began := time.Now()
			ends := make([]time.Duration, writers)
			var all sync.WaitGroup
			for i := range writers {
				all.Go(func() {
					sink := &storage{t: t, delay: func(p []byte) time.Duration { return time.Duration(len(p)) * time.Microsecond }}
					b := New(sink.store, Limits{Least: 1 << 19, Most: 2 << 20}, m)
					for rest := content; len(rest) > 0; {
						n := min(len(rest), 32<<10)
						if _, err := b.Write(rest[:n]); err != nil {
							t.Error(err)
						}
						if held := m.Held(); held > bound {
							t.Errorf("%d bytes held, with %d allowed", held, bound)
						}
						if rest = rest[n:]; i%3 == 0 && len(rest) > size/2-32<<10 && len(rest) <= size/2 {
							time.Sleep(time.Hour)
						}
					}
					if err := b.Flush(); err != nil {
						t.Error(err)
					}
					ends[i] = time.Since(began)
					if !bytes.Equal(sink.stored.Bytes(), content) {
						t.Error("what is stored is not the stream")
					}
				})
			}
			all.Wait()
			if held := m.Held(); held != 0 {
				t.Errorf("%d bytes held at the end", held)
			}
			for i, end := range ends {
				if i%3 != 0 && end > time.Minute {
					t.Errorf("writer %d of %d waited %v for others", i, writers, end)
				}
			}
		})
	}
}

// TestSharesAreEqual: who comes first doesn't keep what others could use.
func TestSharesAreEqual(t *testing.T) {
	m := NewMemory(32 << 20)
	first := &account{of: m}
	block := first.get(8 << 20)
	if share := first.share(); share != 28<<20 {
		t.Errorf("one alone may hold %d bytes", share)
	}
	second := &account{of: m}
	other := second.get(4 << 20)
	if share := first.share(); share != 14<<20 {
		t.Errorf("one of two may hold %d bytes", share)
	}
	first.put(block)
	second.put(other)
	if m.Held() != 0 || m.holders != 0 {
		t.Errorf("%d bytes are held by %d in the end", m.Held(), m.holders)
	}
}

// TestSecondBlockWaitsForTheFirst: a writer that has no room for a second block goes on when the first is stored.
func TestSecondBlockWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := NewMemory(4 << 20)
		hog := &account{of: m}
		defer hog.put(hog.get(3 << 20))
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Second }}
		b := New(sink.store, Limits{Least: 1 << 20, Most: 4 << 20}, m)
		if _, err := b.Write(make([]byte, 2<<20)); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		if sink.stored.Len() != 2<<20 {
			t.Errorf("%d bytes stored", sink.stored.Len())
		}
	})
}

// TestSlowLinkGetsSmallBlocks: what fits is asked for anew with each block.
func TestSlowLinkGetsSmallBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fit := math.MaxInt
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Second }}
		b := New(sink.store, Limits{Least: 40, Most: 160, Fit: func(n int) int { return min(n, fit) }}, NewMemory(math.MaxInt64))
		for _, fits := range []int{160, 10, 100} {
			fit = fits
			if _, err := b.Write(make([]byte, 400)); err != nil {
				t.Fatal(err)
			}
			if err := b.Flush(); err != nil {
				t.Fatal(err)
			}
			for _, size := range sink.blocks {
				if size > fits {
					t.Errorf("blocks of %v bytes, where %d fit", sink.blocks, fits)
				}
			}
			sink.blocks = nil
		}
		if sink.stored.Len() != 1200 {
			t.Errorf("%d bytes stored", sink.stored.Len())
		}
	})
}
