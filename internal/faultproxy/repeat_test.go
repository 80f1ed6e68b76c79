package faultproxy

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestTwice(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Append, Kind: Twice})
	if got := send(t.Context(), p, Append); got.status != 201 {
		t.Fatalf("got %+v", got)
	}
	b.expectArrivals(t, 2)
	for i, seen := range b.seen() {
		if !bytes.Equal(seen.body, content) {
			t.Errorf("request %d arrived damaged", i)
		}
	}
}

func TestUnanswered(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	armed := p.Arm(Fault{Op: Put, Kind: Unanswered(Twice)})
	ctx, giveUp := context.WithCancel(t.Context())
	answered := make(chan answer, 1)
	go func() { answered <- send(ctx, p, Put) }()
	for len(b.seen()) < 2 {
		time.Sleep(time.Millisecond) // bounded by the test's own time
	}
	giveUp()
	if got := <-answered; got.err == nil {
		t.Errorf("got %+v, want no answer", got)
	}
	if armed.Struck() != 1 {
		t.Errorf("struck %d times", armed.Struck())
	}
}

func TestLate(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	armed := p.Arm(Fault{Op: Append, Kind: LateBy(200 * time.Millisecond)})
	got := send(t.Context(), p, Append)
	if got.status != http.StatusInternalServerError || got.header.Get("x-ms-error-code") != "OperationTimedOut" {
		t.Fatalf("got %+v", got)
	}
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.expectArrivals(t, 1)
	if !bytes.Equal(b.seen()[0].body, content) {
		t.Error("the late request arrived damaged")
	}
	if late := armed.LateStatuses(); len(late) != 1 || late[0] != 201 {
		t.Errorf("late statuses: %v", late)
	}
}

func TestLateUntilReleased(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	released := make(chan struct{})
	armed := p.Arm(Fault{Op: Put, Kind: LateUntil(released)})
	if got := statuses(t, p, Put, Put); !slices.Equal(got, []int{500, 201}) {
		t.Fatalf("got %v", got)
	}
	b.expectArrivals(t, 1)
	close(released)
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.expectArrivals(t, 2)
	if late := armed.LateStatuses(); !slices.Equal(late, []int{201}) {
		t.Errorf("late statuses: %v", late)
	}
}

func TestCloseCarriesOutLateRequests(t *testing.T) {
	for _, kind := range []Kind{LateBy(100 * time.Millisecond), LateUntil(nil)} {
		b := newBackend(t)
		p, err := Start(b.account())
		if err != nil {
			t.Fatal(err)
		}
		p.Arm(Fault{Op: Delete, Kind: kind})
		if got := send(t.Context(), p, Delete); got.status != 500 {
			t.Fatalf("%v: got %+v", kind, got)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		b.expectArrivals(t, 1)
	}
}
