package faultproxy

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

func TestResets(t *testing.T) {
	for kind, arrives := range map[*Kind]int{&ResetBefore: 0, &ResetMidBody: 0, &ResetAfter: 1} {
		t.Run(kind.String(), func(t *testing.T) {
			b := newBackend(t)
			p := proxyFor(t, b)
			p.Arm(Fault{Op: Append, Kind: *kind})
			got := send(t.Context(), p, Append)
			if !wasReset(got.err) {
				t.Errorf("got status %d and error %v, want a reset connection", got.status, got.err)
			}
			b.expectArrivals(t, arrives)
			read := p.Log()[0].BytesIn
			if half := kind == &ResetMidBody; half != (read < int64(len(content))) {
				t.Errorf("%d of %d bytes were read", read, len(content))
			}
		})
	}
}

// wasReset reports whether the error is what a client sees of a reset connection. While it
// is still sending, its own closing of the connection may be the first thing it notices.
func wasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}

func TestStallsEndWithTheClient(t *testing.T) {
	for kind, arrives := range map[*Kind]int{&StallBefore: 0, &StallMidBody: 0, &StallAfter: 1} {
		t.Run(kind.String(), func(t *testing.T) {
			b := newBackend(t)
			p := proxyFor(t, b)
			armed := p.Arm(Fault{Op: Append, Kind: *kind})

			ctx, giveUp := context.WithCancelCause(t.Context())
			got := make(chan answer)
			go func() { got <- send(ctx, p, Append) }()
			if err := armed.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			const others = 20 // a stalled request is overtaken by any number of others
			for range others {
				statuses(t, p, Head)
			}
			select {
			case a := <-got:
				t.Fatalf("got %+v, want nothing", a)
			default:
			}
			// A request that the client gives up on its way may never arrive.
			for deadline := time.Now().Add(time.Minute); len(b.seen()) < arrives+others && time.Now().Before(deadline); {
				time.Sleep(time.Millisecond)
			}
			giveUp(errors.New("the client lost patience"))
			if a := <-got; a.err == nil {
				t.Errorf("got %+v, want an error", a)
			}
			b.expectArrivals(t, arrives+others)
		})
	}
}

func TestStallsEndWithTheProxy(t *testing.T) {
	p, err := Start(newBackend(t).account())
	if err != nil {
		t.Fatal(err)
	}
	armed := p.Arm(Fault{Kind: StallBefore, Times: -1})
	got := make(chan answer)
	go func() { got <- send(t.Context(), p, Get) }()
	if err := armed.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if a := <-got; a.err == nil {
		t.Errorf("got %+v, want an error", a)
	}
}
