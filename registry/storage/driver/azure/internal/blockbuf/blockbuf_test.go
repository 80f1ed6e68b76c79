package blockbuf

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// storage is a Sink that keeps what it is given, takes its time, and checks how it is called.
type storage struct {
	t       *testing.T
	delay   func(block []byte) time.Duration
	blocks  []int // their sizes
	stored  bytes.Buffer
	running atomic.Int32
	err     error // returned after the delay, if set
}

func (s *storage) store(block []byte) error {
	if s.running.Add(1) != 1 {
		s.t.Error("two blocks are being stored at the same time")
	}
	defer s.running.Add(-1)
	before := bytes.Clone(block)
	if s.delay != nil {
		time.Sleep(s.delay(block)) // virtual time
	}
	if !bytes.Equal(block, before) {
		s.t.Error("a block changed while it was being stored")
	}
	if s.err != nil {
		return s.err
	}
	s.blocks = append(s.blocks, len(block))
	s.stored.Write(block)
	return nil
}

// TestStream writes random amounts to storage with random delays, with a Flush now and then.
func TestStream(t *testing.T) {
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) { streamOnce(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func streamOnce(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	least := 1 + random.IntN(9000)
	most := least + random.IntN(30000)
	sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Duration(random.IntN(50)) * time.Millisecond }}
	sizes := &counting{}
	b := newBuffer(sink.store, least, most)
	b.memory = sizes
	clientRandom := rand.New(rand.NewPCG(seed, 2)) // the sink's is in use on its own goroutine
	source := rand.NewChaCha8([32]byte{byte(seed)})

	var stream []byte
	smallAllowed := 0 // blocks under the least size that flushes may have made
	for range 60 {
		switch clientRandom.IntN(10) {
		case 0:
			if err := b.Flush(); err != nil {
				t.Fatal("Flush:", err)
			}
			if !bytes.Equal(sink.stored.Bytes(), stream) {
				t.Fatalf("Flush returned with %d of %d bytes stored, or other ones", sink.stored.Len(), len(stream))
			}
			if sizes.held != 0 {
				t.Fatalf("%d bytes of memory held after Flush", sizes.held)
			}
			smallAllowed++
		case 1:
			time.Sleep(time.Duration(clientRandom.IntN(60)) * time.Millisecond)
		default:
			p := make([]byte, clientRandom.IntN(2)*clientRandom.IntN(3*most)+clientRandom.IntN(500))
			if _, err := source.Read(p); err != nil {
				t.Fatal(err)
			}
			n, err := b.Write(p)
			if n != len(p) || err != nil {
				t.Fatalf("Write of %d bytes: %d, %v", len(p), n, err)
			}
			stream = append(stream, p...)
			clear(p) // the caller may use it again
			if b.Accepted() != int64(len(stream)) {
				t.Fatalf("Accepted is %d after %d bytes", b.Accepted(), len(stream))
			}
		}
	}
	if err := b.Flush(); err != nil {
		t.Fatal("Flush:", err)
	}
	smallAllowed++
	if !bytes.Equal(sink.stored.Bytes(), stream) {
		t.Fatal("what is stored is not the stream")
	}
	for _, size := range sink.blocks {
		if size > most {
			t.Errorf("a block of %d bytes, with %d allowed", size, most)
		}
		if size < least {
			smallAllowed--
		}
	}
	if smallAllowed < 0 {
		t.Errorf("%d blocks under the least size more than there were flushes", -smallAllowed)
	}
	if sizes.peak > 2*most {
		t.Errorf("held %d bytes, with two blocks of %d allowed", sizes.peak, most)
	}
}

func TestFlushOfNothingStoresNothing(t *testing.T) {
	sink := &storage{t: t}
	b := newBuffer(sink.store, 4, 8)
	for range 2 {
		if err := b.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Write(nil); n != 0 || err != nil {
		t.Fatalf("Write of nothing: %d, %v", n, err)
	}
	if err := b.Flush(); err != nil {
		t.Fatal(err)
	}
	if len(sink.blocks) != 0 {
		t.Errorf("blocks of %v bytes were stored", sink.blocks)
	}
}

func TestDiscardForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Second }}
		sizes := &counting{}
		b := newBuffer(sink.store, 4, 8)
		b.memory = sizes
		for _, part := range []string{"first", "second"} { // one in flight, one gathered
			if _, err := b.Write([]byte(part)); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			b.Discard()
		}
		if sink.running.Load() != 0 {
			t.Error("the sink still runs after Discard")
		}
		if got := sink.stored.String(); got != "first" {
			t.Errorf("%q is stored", got)
		}
		if sizes.held != 0 {
			t.Errorf("%d bytes of memory held after Discard", sizes.held)
		}
		if n, err := b.Write([]byte("third")); n != 0 || !errors.Is(err, ErrDiscarded) {
			t.Errorf("Write after Discard: %d, %v", n, err)
		}
		if err := b.Flush(); !errors.Is(err, ErrDiscarded) {
			t.Errorf("Flush after Discard: %v", err)
		}
	})
}

func TestNewRefusesImpossibleSizes(t *testing.T) {
	for _, sizes := range [][2]int{{0, 8}, {-1, 8}, {9, 8}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("blocks of %d to %d bytes were accepted", sizes[0], sizes[1])
				}
			}()
			newBuffer(func([]byte) error { return nil }, sizes[0], sizes[1])
		}()
	}
}
