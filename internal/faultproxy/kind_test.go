package faultproxy

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"
)

// TestAnswers covers the kinds that give the client a made-up answer.
func TestAnswers(t *testing.T) {
	for _, test := range []struct {
		kind       Kind
		arrives    int // how often the request reaches the service
		status     int
		code       string
		retryAfter string
	}{
		{OperationTimedOutBefore, 0, 500, "OperationTimedOut", ""},
		{OperationTimedOutAfter, 1, 500, "OperationTimedOut", ""},
		{InternalErrorBefore, 0, 500, "InternalError", ""},
		{InternalErrorAfter, 1, 500, "InternalError", ""},
		{ServerBusyBefore, 0, 503, "ServerBusy", "1"},
		{ServerBusyAfter, 1, 503, "ServerBusy", "1"},
		{TooManyRequestsBefore, 0, 429, "TooManyRequests", "1"},
		{TooManyRequestsAfter, 1, 429, "TooManyRequests", "1"},
		{InvalidBlobType, 0, 409, "InvalidBlobType", ""},
		{Answer(Reply{Status: 404, Code: "BlobNotFound"}), 0, 404, "BlobNotFound", ""},
		{AnswerAfter(Reply{Status: 412, Code: "ConditionNotMet"}), 1, 412, "ConditionNotMet", ""},
	} {
		t.Run(test.kind.String(), func(t *testing.T) {
			b := newBackend(t)
			p := proxyFor(t, b)
			p.Arm(Fault{Op: Append, Kind: test.kind})

			got := send(t.Context(), p, Append)
			if got.err != nil {
				t.Fatal(got.err)
			}
			var body struct{ Code, Message string }
			if err := xml.Unmarshal(got.body, &body); err != nil {
				t.Errorf("the body is not XML: %v\n%s", err, got.body)
			}
			if got.status != test.status || body.Code != test.code || got.header.Get("x-ms-error-code") != test.code {
				t.Errorf("got %d %v %s", got.status, got.header, got.body)
			}
			if body.Message == "" || got.header.Get("x-ms-request-id") == "" {
				t.Errorf("message or request id is missing: %v %s", got.header, got.body)
			}
			if after := got.header.Get("Retry-After"); after != test.retryAfter {
				t.Errorf("Retry-After: %q, want %q", after, test.retryAfter)
			}
			if n := len(b.seen()); n != test.arrives {
				t.Errorf("%d requests reached the service, want %d", n, test.arrives)
			}
		})
	}
}

func TestBadGatewayIsNotFromTheService(t *testing.T) {
	for kind, arrives := range map[*Kind]int{&BadGatewayBefore: 0, &BadGatewayAfter: 1} {
		b := newBackend(t)
		p := proxyFor(t, b)
		p.Arm(Fault{Op: Put, Kind: *kind})
		got := send(t.Context(), p, Put)
		if got.err != nil || got.status != 502 || got.header.Get("Content-Type") != "text/html" {
			t.Errorf("%v: got %+v", kind, got)
		}
		for name := range got.header {
			if len(name) > 5 && name[:5] == "X-Ms-" {
				t.Errorf("%v: a proxy in between would not send %s", kind, name)
			}
		}
		if n := len(b.seen()); n != arrives {
			t.Errorf("%v: %d requests reached the service, want %d", kind, n, arrives)
		}
	}
}

func TestErrorsOnHeadHaveNoBody(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Head, Kind: ServerBusyBefore})
	got := send(t.Context(), p, Head)
	if got.err != nil || got.status != 503 || len(got.body) != 0 || got.header.Get("x-ms-error-code") != "ServerBusy" {
		t.Errorf("got %+v", got)
	}
}

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
			if n := len(b.seen()); n != arrives {
				t.Errorf("%d requests reached the service, want %d", n, arrives)
			}
			read := p.Log()[0].BytesIn
			if half := kind == &ResetMidBody; half != (read < int64(len(content))) {
				t.Errorf("%d of %d bytes were read", read, len(content))
			}
		})
	}
}

func TestStallsEndWithTheClient(t *testing.T) {
	for kind, arrives := range map[*Kind]int{&StallBefore: 0, &StallAfter: 1} {
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
			select {
			case a := <-got:
				t.Fatalf("got %+v, want nothing", a)
			case <-time.After(300 * time.Millisecond):
			}
			giveUp(errors.New("the client lost patience"))
			if a := <-got; a.err == nil {
				t.Errorf("got %+v, want an error", a)
			}
			if n := len(b.seen()); n != arrives {
				t.Errorf("%d requests reached the service, want %d", n, arrives)
			}
		})
	}
}

func TestStallsEndWithTheProxy(t *testing.T) {
	b := newBackend(t)
	p, err := Start(b.account())
	if err != nil {
		t.Fatal(err)
	}
	armed := p.Arm(Fault{Op: Get, Kind: StallBefore})
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

// differences counts the bytes in which a and b, of the same length, differ.
func differences(t *testing.T, a, b []byte) int {
	t.Helper()
	if len(a) != len(b) {
		t.Fatalf("%d bytes, want %d", len(a), len(b))
	}
	n := 0
	for i := range a {
		if a[i] != b[i] {
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

func TestCutResponse(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Get, Kind: CutResponse})
	got := send(t.Context(), p, Get)
	if !errors.Is(got.err, syscall.ECONNRESET) && !errors.Is(got.err, io.ErrUnexpectedEOF) {
		t.Errorf("the body ended with %v", got.err)
	}
	if len(got.body) >= len(b.content) || !bytes.HasPrefix(b.content, got.body) {
		t.Errorf("got %d bytes of %d", len(got.body), len(b.content))
	}
}

func TestTwice(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Append, Kind: Twice})
	if got := send(t.Context(), p, Append); got.status != 201 {
		t.Fatalf("got %+v", got)
	}
	seen := b.seen()
	if len(seen) != 2 || !bytes.Equal(seen[0].body, content) || !bytes.Equal(seen[1].body, content) {
		t.Fatalf("%d requests reached the service", len(seen))
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
	seen := b.seen()
	if len(seen) != 1 || !bytes.Equal(seen[0].body, content) {
		t.Fatalf("%d requests reached the service", len(seen))
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
	if n := len(b.seen()); n != 1 {
		t.Errorf("%d requests reached the service, want 1", n)
	}
}

// wasReset reports whether the error is what a client sees of a reset connection. While it
// is still sending, its own closing of the connection may be the first thing it notices.
func wasReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}
