package faultproxy

import (
	"bytes"
	"errors"
	"io"
	"syscall"
	"testing"
)

// expectCut fails the test unless the answer is the first n bytes of content and then an error.
func expectCut(t *testing.T, got answer, content []byte, n int) {
	t.Helper()
	if !errors.Is(got.err, syscall.ECONNRESET) && !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("the body ended with %v", got.err)
	}
	// What the client's system had not given it yet is lost with a reset.
	if len(got.body) > n || !bytes.HasPrefix(content, got.body) {
		t.Errorf("got %d bytes, want the first %d of %d", len(got.body), n, len(content))
	}
}

func TestCutResponse(t *testing.T) {
	for _, op := range []Op{Get, List} {
		for _, chunked := range []bool{false, true} {
			b := newBackend(t)
			b.chunked = chunked
			p := proxyFor(t, b)
			p.Arm(Fault{Op: op, Kind: CutResponse})
			expectCut(t, send(t.Context(), p, op), b.content, len(b.content)/2)
			if got := send(t.Context(), p, op); got.err != nil || !bytes.Equal(got.body, b.content) {
				t.Errorf("%v: the next answer has %d bytes, %v", op, len(got.body), got.err)
			}
		}
	}
}

func TestCutAfter(t *testing.T) {
	for _, n := range []int{0, 1, 77_777} {
		b := newBackend(t)
		p := proxyFor(t, b)
		p.Arm(Fault{Op: Get, Kind: CutAfter(int64(n))})
		expectCut(t, send(t.Context(), p, Get), b.content, n)
	}
}

func TestShortBodiesAreNotCut(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	armed := p.Arm(Fault{Op: Get, Kind: CutAfter(int64(len(b.content)))})
	if got := send(t.Context(), p, Get); got.err != nil || !bytes.Equal(got.body, b.content) {
		t.Errorf("got %d bytes, %v", len(got.body), got.err)
	}
	if armed.Struck() != 0 {
		t.Errorf("struck %d times", armed.Struck())
	}
	p.Disarm()
}
