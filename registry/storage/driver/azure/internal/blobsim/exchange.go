package blobsim

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// exchange is one request on its way, and what became of it.
type exchange struct {
	network *Network
	request *request
	what    Request
	order   uint64
	arrival time.Time
	answer  *answer // nil: the client isn't told the service's answer
	noToken bool
	cut     bool
}

// arrive carries the request out, or lets it be lost, as its plan says.
func (x *exchange) arrive(at time.Time) {
	p := x.request.plan
	switch p.Fault {
	case RequestLost:
		x.struck(at, 0)
	case Throttled:
		x.answer = x.sign(at, throttled(p.Wait))
		x.struck(at, 0)
	case Refused:
		x.answer = x.sign(at, refusal(p.Refusal))
		x.struck(at, 0)
	case NoToken:
		x.noToken = true
		x.struck(at, 0)
	case AnswerLost:
		x.struck(at, x.carryOut(at).status)
	case AppliedLate:
		x.again(at)
	case Twice:
		x.answer = x.carryOut(at)
		x.trace(at, x.answer.status)
		x.again(at)
	case Damaged:
		x.damage()
		x.answer = x.carryOut(at)
		x.struck(at, x.answer.status)
	default:
		x.answer = x.carryOut(at)
		x.cut = p.Fault == Cut && x.answer.status < 300 && len(x.answer.body) > 1
		if x.cut {
			x.struck(at, x.answer.status)
		} else {
			x.trace(at, x.answer.status)
		}
	}
}

func (x *exchange) carryOut(at time.Time) *answer {
	a := x.network.service.serve(at, x.request)
	if p := x.request.plan; p.Meddling != Untouched && a.status < 300 && x.request.op.makes() {
		r := x.request
		x.network.later(pending{at: at.Add(time.Duration(p.MeddleAfter) * Slot), order: x.order, do: func(at time.Time) {
			x.network.service.meddle(at, r.container, r.name, p.Meddling)
			x.network.meddled++
		}})
	}
	return a
}

// sign makes an answer the service's.
func (x *exchange) sign(at time.Time, a *answer) *answer {
	return x.network.service.sign(at, x.request, a)
}

// refusal is an answer of status and code.
func refusal(text string) *answer {
	status, code, _ := strings.Cut(text, " ")
	number, err := strconv.Atoi(status)
	if err != nil {
		panic("blobsim: a refusal without a status: " + text)
	}
	return refuse(number, code, "The request was refused.")
}

// again carries the request out at a later time, without an answer.
func (x *exchange) again(at time.Time) {
	at = at.Add(time.Duration(max(1, x.request.plan.Late)) * Slot)
	x.network.later(pending{at: at, order: x.order, do: func(at time.Time) {
		x.struck(at, x.carryOut(at).status)
	}})
}

func (x *exchange) damage() {
	if len(x.request.body) == 0 {
		return
	}
	body := slices.Clone(x.request.body)
	body[x.request.plan.At%len(body)] ^= 0x20
	x.request.body = body
}

// deliver is what the client gets to see.
func (x *exchange) deliver(req *http.Request) (*http.Response, error) {
	if x.noToken {
		return nil, x.tokenError(req)
	}
	if x.answer == nil {
		return x.tell(req)
	}
	body := io.Reader(bytes.NewReader(x.answer.body))
	length := int64(len(x.answer.body))
	if x.cut {
		through := x.request.plan.At % len(x.answer.body)
		body = io.MultiReader(bytes.NewReader(x.answer.body[:through]), &breakOff{x, req})
	}
	if x.request.plan.NoLength && x.request.op == GetBlob && x.answer.status < 300 {
		length = -1
		x.answer.header.Del("Content-Length")
	}
	if req.Method == http.MethodHead {
		length, _ = strconv.ParseInt(x.answer.header.Get("Content-Length"), 10, 64)
	}
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", x.answer.status, http.StatusText(x.answer.status)),
		StatusCode: x.answer.status, Header: x.answer.header.Clone(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(body), ContentLength: length, Request: req,
	}, nil
}

// tell is what the client sees in place of the lost answer.
func (x *exchange) tell(req *http.Request) (*http.Response, error) {
	switch x.request.plan.Told {
	case Internal:
		x.answer = x.sign(x.arrival, refuse(http.StatusInternalServerError, "InternalError",
			"The server encountered an internal error. Please retry the request."))
	case Busy:
		x.answer = x.sign(x.arrival, throttled(1))
	case Foreign:
		x.answer = foreign(x.request)
	case BadGateway:
		x.answer = succeed(http.StatusBadGateway)
		x.answer.header.Set("Content-Type", "text/html")
		x.answer.body = []byte("<html><title>Bad Gateway</title></html>")
	case Reset:
		return nil, fmt.Errorf("read tcp: %w", syscall.ECONNRESET)
	case Stalled:
		return nil, x.stall(req)
	default:
		x.answer = x.sign(x.arrival, refuse(http.StatusInternalServerError, "OperationTimedOut",
			"Operation could not be completed within the specified time."))
	}
	return x.deliver(req)
}

// foreign is a gateway's answer: a page or nothing, and none of the service's headers.
func foreign(r *request) *answer {
	a := succeed(r.plan.Status)
	if r.plan.At%2 == 0 && r.plan.Status != http.StatusNoContent && r.op != GetProperties {
		a.header.Set("Content-Type", "text/html")
		a.body = []byte("<html><title>Gateway</title></html>")
	}
	a.header.Set("Content-Length", strconv.Itoa(len(a.body)))
	return a
}

// tokenError is what the SDK makes of every failure to get a token (azure-sdk-for-go#19389, #21013): the
// credential's own retries are over, or the caller's time is.
func (x *exchange) tokenError(req *http.Request) error {
	if x.request.plan.Told == Stalled {
		return &noTokenError{x.stall(req)}
	}
	return &noTokenError{errors.New("ManagedIdentityCredential authentication failed: 503 Service Unavailable")}
}

type noTokenError struct{ cause error }

func (e *noTokenError) Error() string { return e.cause.Error() }
func (e *noTokenError) Unwrap() error { return e.cause }

// NonRetriable is how azcore recognizes errors that its retries pass on.
func (*noTokenError) NonRetriable() {}

// stall waits as long as the client's connection does, and gives its error.
func (x *exchange) stall(req *http.Request) error {
	if err := wait(req.Context(), Patience); err != nil {
		return err
	}
	return errors.New("net/http: timeout awaiting response headers")
}

// breakOff is the end of a body whose connection breaks.
type breakOff struct {
	x   *exchange
	req *http.Request
}

// Read implements io.Reader.
func (b *breakOff) Read([]byte) (int, error) {
	if b.x.request.plan.Told == Stalled {
		return 0, b.x.stall(b.req)
	}
	return 0, io.ErrUnexpectedEOF
}

func throttled(seconds int) *answer {
	a := refuse(http.StatusServiceUnavailable, "ServerBusy", "The server is busy.")
	if seconds > 0 {
		a.header.Set("Retry-After", strconv.Itoa(seconds))
	}
	return a
}

func (x *exchange) struck(at time.Time, status int) {
	x.network.struck[Struck{x.what.Operation, x.request.plan.Fault}]++
	x.trace(at, status)
}

func (x *exchange) trace(at time.Time, status int) {
	if x.network.Trace != nil {
		x.network.Trace(Event{At: at, Request: x.what, Plan: x.request.plan, Status: status})
	}
}

func writeEvent(b *strings.Builder, e Event) {
	fmt.Fprintf(b, "%s %-14s %s %q #%d -> %d", e.At.UTC().Format("15:04:05.000000000"),
		e.Caller, e.Operation, e.Name, e.Count, e.Status)
	if e.Plan.Fault != NoFault {
		fmt.Fprintf(b, " [%s, told %s, late %d]", e.Plan.Fault, e.Plan.Told, e.Plan.Late)
	}
	if e.Operation == CopyBlob && e.Plan.CopyFor > 0 {
		fmt.Fprintf(b, " [pending for %d, fails: %t]", e.Plan.CopyFor, e.Plan.CopyFails)
	}
}
