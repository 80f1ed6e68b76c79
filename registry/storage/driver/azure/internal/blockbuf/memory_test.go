package blockbuf

import (
	"math"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// counting is memory that counts what is held, and at most, and how often it was asked.
type counting struct{ held, peak, gets int }

func (c *counting) get(capacity int) []byte {
	c.gets++
	c.held += capacity
	c.peak = max(c.peak, c.held)
	return make([]byte, 0, capacity)
}

func (c *counting) share() int64 { return math.MaxInt64 }

func (c *counting) put(block []byte) {
	c.held -= cap(block)
	clear(block[:cap(block)]) // so that it shows if somebody still reads it
}

func TestSmallUploadIsCheap(t *testing.T) {
	sizes := &counting{}
	b := newBuffer(func([]byte) error { return nil }, 4<<20, 16<<20)
	b.memory = sizes
	if _, err := b.Write(make([]byte, 2<<10)); err != nil {
		t.Fatal(err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if sizes.peak > 4<<10 {
		t.Errorf("an upload of 2 KiB needed %d bytes", sizes.peak)
	}
}

// TestLaterBlocksDoNotGrowFromNothing: once a block has gone out, the next has room for the
// least size from the beginning, and is not copied over and over.
func TestLaterBlocksDoNotGrowFromNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := &counting{}
		b := newBuffer(func([]byte) error { return nil }, 64<<10, 256<<10)
		b.memory = sizes
		var gets []int
		for range 4 * 64 {
			if _, err := b.Write(make([]byte, 1<<10)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the sink is always free again
			if b.Accepted()%(64<<10) == 0 {
				gets = append(gets, sizes.gets)
			}
		}
		if want := []int{5, 6, 7, 8}; !slices.Equal(gets, want) { // 4, 8, 16, 32, 64 KiB, then 64 each
			t.Errorf("memory was asked for %v times up to each block, want %v", gets, want)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestBlocksOfEqualSizeAreNotCopiedAsTheyGrow: a block has room for as much as the one before
// needed, from the beginning.
func TestBlocksOfEqualSizeAreNotCopiedAsTheyGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sizes := &counting{}
		b := newBuffer(func([]byte) error { time.Sleep(150 * time.Millisecond); return nil }, 64<<10, 1<<20)
		b.memory = sizes
		for range 1000 {
			if _, err := b.Write(make([]byte, 1<<10)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Millisecond) // so that 150 KiB come in while a block is stored
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
		// 4, 8, 16, 32, 64 KiB; 64, 128, 256 KiB; then 256 KiB for each of six more blocks.
		if sizes.gets != 8+6 {
			t.Errorf("memory was asked for %d times", sizes.gets)
		}
	})
}

// TestMemoryBound: however the blocks grow, and however slow the sink is, there are never
// more than two full blocks' bytes, old copies of growing blocks included.
func TestMemoryBound(t *testing.T) {
	for _, sizes := range [][2]int{{16 << 10, 64 << 10}, {16 << 10, 16 << 10}, {16 << 10, 20 << 10}, {16 << 10, 400 << 10}, {1, 3}, {5000, 12345}} {
		for _, step := range []int{100, 1500, 50 << 10} {
			synctest.Test(t, func(t *testing.T) {
				counted := &counting{}
				b := newBuffer(func([]byte) error { time.Sleep(time.Hour); return nil }, sizes[0], sizes[1])
				b.memory = counted
				for b.Accepted() < int64(4*sizes[1]) {
					if _, err := b.Write(make([]byte, min(step, sizes[1]))); err != nil {
						t.Fatal(err)
					}
				}
				if counted.peak > 2*sizes[1] {
					t.Errorf("blocks of %v bytes: held %d", sizes, counted.peak)
				}
				if counted.peak <= sizes[1] {
					t.Errorf("blocks of %v bytes: held only %d, so there was no second block", sizes, counted.peak)
				}
				if err := b.Flush(); err != nil {
					t.Fatal(err)
				}
				if counted.held != 0 {
					t.Errorf("held %d bytes after Flush", counted.held)
				}
			})
		}
	}
}

func TestPoolsReturnTheCapacityAskedFor(t *testing.T) {
	var p pools
	for range 3 {
		for _, capacity := range []int{4 << 10, 5000, 1 << 20} {
			block := p.get(capacity)
			if len(block) != 0 || cap(block) != capacity {
				t.Fatalf("get(%d): length %d, capacity %d", capacity, len(block), cap(block))
			}
			p.put(append(block, "leftover"...))
		}
	}
}

func BenchmarkUpload(b *testing.B) {
	for _, test := range []struct {
		name  string
		total int
	}{{"2KiB", 2 << 10}, {"4MiB", 4 << 20}, {"64MiB", 64 << 20}} {
		b.Run(test.name, func(b *testing.B) {
			chunk := make([]byte, min(32<<10, test.total)) // as io.Copy writes
			b.SetBytes(int64(test.total))
			b.ReportAllocs()
			for b.Loop() {
				buffer := newBuffer(func([]byte) error { return nil }, 4<<20, 16<<20)
				for range test.total / len(chunk) {
					if _, err := buffer.Write(chunk); err != nil {
						b.Fatal(err)
					}
				}
				if err := buffer.Flush(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// newBuffer returns a Buffer that has all the memory it wants.
func newBuffer(sink Sink, least, most int) *Buffer {
	return New(sink, Limits{Least: least, Most: most}, NewMemory(math.MaxInt64))
}
