package faultproxy

import (
	"bytes"
	"net/http"
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

func TestCloseCarriesOutLateRequests(t *testing.T) {
	b := newBackend(t)
	p, err := Start(b.account())
	if err != nil {
		t.Fatal(err)
	}
	p.Arm(Fault{Op: Delete, Kind: LateBy(100 * time.Millisecond)})
	if got := send(t.Context(), p, Delete); got.status != 500 {
		t.Fatalf("got %+v", got)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	b.expectArrivals(t, 1)
}
