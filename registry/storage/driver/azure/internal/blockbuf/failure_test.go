package blockbuf

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var errFull = errors.New("the disk is full")

// TestErrorIsSticky: after the sink has failed, nothing is accepted or stored any more.
func TestErrorIsSticky(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &storage{t: t, delay: func([]byte) time.Duration { return time.Second }, err: errFull}
		sizes := &counting{}
		b := newBuffer(sink.store, 4, 8)
		b.memory = sizes
		// 8 bytes go out and 8 are gathered; the rest must wait, and learns of the error.
		n, err := b.Write(make([]byte, 20))
		if n != 16 || !errors.Is(err, errFull) {
			t.Errorf("Write: %d, %v; expected 16, %v", n, err, errFull)
		}
		sink.err = nil // the sink would work again
		for range 2 {
			if n, err := b.Write(make([]byte, 20)); n != 0 || !errors.Is(err, errFull) {
				t.Errorf("Write after the error: %d, %v", n, err)
			}
			if err := b.Flush(); !errors.Is(err, errFull) {
				t.Errorf("Flush after the error: %v", err)
			}
		}
		b.Discard()
		if err := b.Flush(); !errors.Is(err, errFull) {
			t.Errorf("Flush after the error and Discard: %v", err)
		}
		if len(sink.blocks) != 0 || b.Accepted() != 16 {
			t.Errorf("blocks %v stored, %d accepted; expected none and 16", sink.blocks, b.Accepted())
		}
		if sizes.held != 0 {
			t.Errorf("%d bytes of memory held after the error", sizes.held)
		}
	})
}

// TestErrorOfLastBlock: Flush returns the error of the block it hands over itself.
func TestErrorOfLastBlock(t *testing.T) {
	sink := &storage{t: t, err: errFull}
	b := newBuffer(sink.store, 4, 8)
	if n, err := b.Write([]byte("ab")); n != 2 || err != nil {
		t.Fatalf("Write: %d, %v", n, err)
	}
	for range 2 {
		if err := b.Flush(); !errors.Is(err, errFull) {
			t.Errorf("Flush: %v", err)
		}
	}
}

// TestSinkThatDoesNotReturn: a panic or Goexit is an error of the Buffer, not the end of the
// process or a Flush that hangs.
func TestSinkThatDoesNotReturn(t *testing.T) {
	tests := []struct {
		name string
		sink Sink
		want string
	}{
		{"panic", func([]byte) error { panic("out of paper") }, "panicked: out of paper"},
		{"goexit", func([]byte) error { runtime.Goexit(); return nil }, "Goexit"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := newBuffer(test.sink, 4, 8)
			if _, err := b.Write([]byte("abc")); err != nil {
				t.Fatal(err)
			}
			err := b.Flush()
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("Flush: %v; expected %q in it", err, test.want)
			}
			if n, again := b.Write([]byte("d")); n != 0 || !errors.Is(again, err) {
				t.Errorf("Write after it: %d, %v", n, again)
			}
			b.Discard()
		})
	}
}
