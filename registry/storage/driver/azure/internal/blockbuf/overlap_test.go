package blockbuf

import (
	"testing"
	"testing/synctest"
	"time"
)

// pace is how long the storage below needs for one byte.
const pace = time.Millisecond

// write gives total bytes to a Buffer with blocks of 40 to 160 bytes, one at a time with the
// gap between them, and returns how long it took with the final Flush, and the block sizes.
func write(t *testing.T, total int, gap time.Duration) (took time.Duration, blocks []int) {
	sink := &storage{t: t, delay: func(block []byte) time.Duration {
		return time.Duration(len(block))*pace - pace/2 // never ends at the very moment of a Write
	}}
	b := newBuffer(sink.store, 40, 160)
	began := time.Now()
	for range total {
		time.Sleep(gap)
		if _, err := b.Write([]byte{'x'}); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	return time.Since(began), sink.blocks
}

// TestOverlap: when the client is as fast as storage, storing costs no time of its own but
// for the first block to be gathered and the last to be stored.
func TestOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total = 4000
		took, _ := write(t, total, pace)
		if least, most := total*pace, total*pace+40*pace; took < least || took > most {
			t.Errorf("took %v; client and storage alone take %v each, one after the other %v", took, least, 2*least)
		}
	})
}

// TestBlocksFollowTheStorage: slow storage gets full blocks, fast storage the least ones.
func TestBlocksFollowTheStorage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const total = 4000
		took, blocks := write(t, total, pace/10)
		if most := total*pace + 40*pace/10; took > most {
			t.Errorf("with slow storage: took %v, storage was idle for %v", took, took-most)
		}
		for _, size := range blocks[2 : len(blocks)-1] { // the first ones grow
			if size != 160 {
				t.Errorf("with slow storage: blocks of %v bytes, expected 160", blocks)
				break
			}
		}
		_, blocks = write(t, total, 10*pace)
		for _, size := range blocks {
			if size != 40 {
				t.Errorf("with fast storage: blocks of %v bytes, expected 40", blocks)
				break
			}
		}
	})
}

// TestFullBlockWaits: a Write that finds a full block and a busy sink waits for it, and one
// that still finds room doesn't.
func TestFullBlockWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Hour }}
		b := newBuffer(sink.store, 40, 160)
		took := func(n int) time.Duration {
			began := time.Now()
			if _, err := b.Write(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		if d := took(160); d != 0 {
			t.Errorf("the first block waited %v", d)
		}
		if d := took(160); d != 0 {
			t.Errorf("the second block waited %v", d)
		}
		if d := took(1); d != time.Hour {
			t.Errorf("the third block waited %v, expected 1h", d)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestGatheredGoesOutAtTheNextWrite: what is gathered while a block is being stored goes out at
// the first Write after that, even an empty one.
func TestGatheredGoesOutAtTheNextWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Second }}
		b := newBuffer(sink.store, 40, 160)
		for _, n := range []int{50, 45, 5} {
			if _, err := b.Write(make([]byte, n)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		if _, err := b.Write(nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(sink.blocks) != 2 || sink.blocks[1] != 50 {
			t.Errorf("blocks of %v bytes, expected 50 and 50", sink.blocks)
		}
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	})
}
