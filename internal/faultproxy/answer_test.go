package faultproxy

import (
	"encoding/xml"
	"strings"
	"testing"
)

// TestAnswers covers the kinds that give the client a made-up answer of the service.
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
			b.expectArrivals(t, test.arrives)
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
			if strings.HasPrefix(name, "X-Ms-") {
				t.Errorf("%v: a proxy in between would not send %s", kind, name)
			}
		}
		b.expectArrivals(t, arrives)
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
