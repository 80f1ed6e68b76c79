package faultproxy

import (
	"bytes"
	"io"
	"testing"
)

// differences counts the bytes in which got and want differ.
func differences(t *testing.T, got, want []byte) int {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	n := 0
	for i := range got {
		if got[i] != want[i] {
			n++
		}
	}
	return n
}

func TestFlipRequest(t *testing.T) {
	for _, op := range []Op{Append, Put} {
		b := newBackend(t)
		p := proxyFor(t, b)
		p.Arm(Fault{Op: op, Kind: FlipRequest, Seed: 7})
		if got := send(t.Context(), p, op); got.status != 201 {
			t.Fatalf("got %+v", got)
		}
		if n := differences(t, b.seen()[0].body, content); n != 1 {
			t.Errorf("%v: %d bytes differ, want 1", op, n)
		}
	}
}

func TestFlipResponse(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Get, Kind: FlipResponse})
	got := send(t.Context(), p, Get)
	if n := differences(t, got.body, b.content); got.err != nil || n != 1 {
		t.Errorf("%d bytes differ, want 1; error %v", n, got.err)
	}
}

func TestFlipsOfOneByte(t *testing.T) {
	x := exchange{strike: &strike{}}
	for seed := range uint64(100) {
		x.strike.seed = seed
		for length := 1; length < 10; length++ {
			want := make([]byte, length)
			got, err := io.ReadAll(x.flip(bytes.NewReader(want), int64(length)))
			if n := differences(t, got, want); err != nil || n != 1 {
				t.Fatalf("%d of %d bytes differ, %v", n, length, err)
			}
		}
	}
}
