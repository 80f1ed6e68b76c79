package service

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// CallError says what was asked of the service and what became of it.
type CallError struct {
	Op        string // the REST operation, in words
	Blob      string // name of the blob, or prefix of a listing
	Status    int    // HTTP status, 0 if the service didn't answer
	Code      string // the service's error code
	RequestID string // x-ms-request-id, for a support case

	verdict Verdict
	cause   string        // what an operator should know
	wait    time.Duration // Retry-After
	busy    bool          // turned away for being busy
	moving  time.Duration
	err     error
}

// Error names operation, blob and answer. The SDK's own text isn't repeated: it
// runs over many lines, and URLs in it can carry a signature.
func (e *CallError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q: ", e.Op, e.Blob)
	if e.Status == 0 {
		b.WriteString(plain(e.err))
		return b.String()
	}
	fmt.Fprintf(&b, "%d %s", e.Status, http.StatusText(e.Status))
	if e.Code != "" {
		fmt.Fprintf(&b, " (%s)", e.Code)
	}
	if e.cause != "" {
		fmt.Fprintf(&b, ": %s", e.cause)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, ", service request id %s", e.RequestID)
	}
	return b.String()
}

// Unwrap gives the SDK's error.
func (e *CallError) Unwrap() error { return e.err }

// RetryAfter is how long the service asked us to stay away, and whether the
// reason is that it has too much to do.
func (e *CallError) RetryAfter() (time.Duration, bool) { return e.wait, e.busy }

// Moved is for how long bytes of the request, or of its answer, were seen to
// move, from its begin on.
func (e *CallError) Moved() time.Duration { return e.moving }

// Permanent says that asking again can't help.
func (e *CallError) Permanent() bool {
	switch e.verdict {
	case Unknown, Unsent, Damaged, Copying, PastEnd: // the length tells what a 416 means
		return false
	default:
		return true
	}
}

// describe turns an error of the SDK into a CallError; nil stays nil.
func describe(op, blob string, err error) error {
	if err == nil {
		return nil
	}
	call := &CallError{Op: op, Blob: blob, err: err}
	if other, ok := foreign(err); ok {
		call.throttled(other.answer)
		return call
	}
	answer, ok := errors.AsType[*azcore.ResponseError](err)
	if !ok {
		call.verdict = unanswered(err)
		return call
	}
	call.Status, call.Code = answer.StatusCode, answer.ErrorCode
	m := meaningOf(op, call.Status, call.Code)
	call.verdict, call.cause = m.verdict, m.cause
	if answer.RawResponse != nil {
		call.RequestID = answer.RawResponse.Header.Get("x-ms-request-id")
		call.throttled(answer.RawResponse)
	}
	return call
}

// throttled notes whether, and how long, an answer asks to stay away. That of a
// gateway counts as well: it is the gateway that has too much to do.
func (e *CallError) throttled(answer *http.Response) {
	e.wait = retryAfter(answer.Header.Get("Retry-After"))
	e.busy = answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable
}

// unanswered is the verdict where no answer came: nobody knows, unless nothing
// was sent. What the SDK itself won't send, it never will: an access token over
// plain HTTP, say.
func unanswered(err error) Verdict {
	if _, ok := errors.AsType[*TokenError](err); ok {
		return Unsent
	}
	var never interface{ NonRetriable() }
	if errors.As(err, &never) {
		return Refused
	}
	return Unknown
}

// retryAfter reads the header of that name: seconds or an HTTP date, which may
// be any. An hour at most keeps what follows from overflowing; the budget decides
// whether so long is waited.
func retryAfter(value string) time.Duration {
	const longest = time.Hour
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(longest/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(time.Until(at), 0), longest)
	}
	return 0
}

// plain is the text of an error without what must not be in it: the URL of a
// transport error may hold a signature, the error of a credential Entra's text.
func plain(err error) string {
	if token, ok := errors.AsType[*TokenError](err); ok {
		return token.Error()
	}
	return withoutURL(err).Error()
}

func withoutURL(err error) error {
	if transport, ok := errors.AsType[*url.Error](err); ok {
		return transport.Err
	}
	return err
}
