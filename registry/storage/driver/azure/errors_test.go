package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
)

// answer is an answer of the service as the SDK reports it.
func answer(status int, code string, header ...string) error {
	resp := &http.Response{
		StatusCode: status,
		Header:     http.Header{},
		Body:       io.NopCloser(strings.NewReader("")),
		Request:    &http.Request{Method: http.MethodPut, URL: &url.URL{Scheme: "https", Host: "a.invalid", Path: "/c/b", RawQuery: "sig=SECRET"}},
	}
	if code != "" {
		resp.Header.Set("x-ms-error-code", code)
	}
	for i := 0; i+1 < len(header); i += 2 {
		resp.Header.Set(header[i], header[i+1])
	}
	return runtime.NewResponseError(resp)
}

// unsent is an error of the SDK that says that nothing was or will be sent.
type unsent struct{ error }

func (unsent) NonRetriable() {}

func TestVerdictsAndOutcomes(t *testing.T) {
	refusedOutcome, unknown := appendlog.Refused, appendlog.Unknown
	for _, c := range []struct {
		err     error
		verdict verdict
		outcome appendlog.Outcome
	}{
		{nil, applied, appendlog.Applied},

		{answer(400, "Md5Mismatch"), damaged, appendlog.NotApplied},
		{answer(400, "Crc64Mismatch"), damaged, appendlog.NotApplied},
		{answer(400, "InvalidHeaderValue"), refused, refusedOutcome},
		{answer(400, ""), refused, refusedOutcome},
		{answer(401, "NoAuthenticationInformation"), refused, refusedOutcome},
		{answer(403, "AuthenticationFailed"), refused, refusedOutcome},
		{answer(403, "AuthorizationPermissionMismatch"), refused, refusedOutcome},
		{answer(404, "BlobNotFound"), absent, refusedOutcome},
		{answer(404, ""), absent, refusedOutcome}, // of a HEAD through something that drops headers
		{answer(404, "CannotVerifyCopySource"), absent, refusedOutcome},
		{answer(404, "ContainerNotFound"), refused, refusedOutcome},
		{answer(409, "BlobAlreadyExists"), exists, unknown},
		{answer(409, "InvalidBlobType"), otherType, unknown}, // Size looks at the type
		{answer(409, "PendingCopyOperation"), copying, unknown},
		{answer(409, "BlockCountExceedsLimit"), refused, refusedOutcome},
		{answer(409, "ContainerBeingDeleted"), refused, refusedOutcome},
		{answer(409, "BlobImmutableDueToPolicy"), refused, refusedOutcome},
		{answer(413, "RequestBodyTooLarge"), refused, refusedOutcome},
		{answer(416, "InvalidRange"), pastEnd, unknown},

		{answer(412, "AppendPositionConditionNotMet"), changed, unknown},
		{answer(412, "ConditionNotMet"), changed, unknown},
		{answer(412, ""), changed, unknown},
		{answer(412, "SourceConditionNotMet"), sourceChanged, unknown},
		{answer(412, "LeaseIdMissing"), refused, refusedOutcome},

		{answer(408, ""), uncertain, unknown},
		{answer(429, "TooManyRequests"), uncertain, unknown},
		{answer(500, "OperationTimedOut"), uncertain, unknown},
		{answer(500, "InternalError"), uncertain, unknown},
		{answer(500, ""), uncertain, unknown},
		{answer(501, "NotImplemented"), uncertain, unknown},
		{answer(502, ""), uncertain, unknown},
		{answer(503, "ServerBusy"), uncertain, unknown},
		{answer(504, ""), uncertain, unknown},

		{syscall.ECONNRESET, uncertain, unknown},
		{io.ErrUnexpectedEOF, uncertain, unknown},
		{context.DeadlineExceeded, uncertain, unknown},
		{fmt.Errorf("%w: none", errNoOffset), uncertain, unknown},
		{unsent{errors.New("no credential")}, refused, refusedOutcome},
		{notAppendableError{"BlockBlob"}, refused, refusedOutcome},
	} {
		err := describe(opAppend, "b", c.err)
		if got := judge(err); got != c.verdict {
			t.Errorf("judge(%v) = %d, want %d", err, got, c.verdict)
		}
		if got := outcome(err); got != c.outcome {
			t.Errorf("outcome(%v) = %s, want %s", err, got, c.outcome)
		}
	}
}

func TestPermanentIsWhatRetryingCannotChange(t *testing.T) {
	for err, want := range map[error]bool{
		answer(404, "BlobNotFound"):      true,
		answer(403, "AuthorizationFail"): true,
		notAppendableError{"PageBlob"}:   true,
		answer(500, "InternalError"):     false,
		answer(429, "TooManyRequests"):   false,
		answer(416, "InvalidRange"):      false,
		syscall.ECONNREFUSED:             false,
	} {
		var call *callError
		if !errors.As(describe(opProperties, "b", err), &call) {
			t.Fatalf("%v is not described by a callError", err)
		}
		if got := call.Permanent(); got != want {
			t.Errorf("Permanent(%v) = %v, want %v", err, got, want)
		}
	}
}

func TestErrorsNameTheBlobAndNoSecret(t *testing.T) {
	transport := &url.Error{Op: "Put", URL: "https://a.invalid/c/b?sig=SECRET", Err: syscall.ECONNRESET}
	for _, cause := range []error{
		answer(403, "AuthenticationFailed", "x-ms-request-id", "id-1"),
		transport,
		fmt.Errorf("%w: %w", errNotInTime, withoutURL(transport)),
	} {
		text := fmt.Sprintf("%v", fmt.Errorf("upload: %w", describe(opAppend, "the/blob", cause)))
		if strings.Contains(text, "SECRET") {
			t.Errorf("the signature is in the message: %s", text)
		}
		for _, part := range []string{opAppend, "the/blob"} {
			if !strings.Contains(text, part) {
				t.Errorf("message does not say %q: %s", part, text)
			}
		}
	}
	if text := describe(opAppend, "b", answer(403, "AuthenticationFailed", "x-ms-request-id", "id-1")).Error(); !strings.Contains(text, "id-1") {
		t.Errorf("message does not have the service's request id: %s", text)
	}
}

func TestRetryAfterOfTheService(t *testing.T) {
	for _, c := range []struct {
		status    int
		header    string
		wait      time.Duration
		throttled bool
	}{
		{503, "7", 7 * time.Second, true},
		{429, "", 0, true},
		{500, "2", 2 * time.Second, false},
		{503, "soon", 0, true},
		{503, "-1", 0, true},
		{503, time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, true},
	} {
		var call *callError
		err := describe(opPut, "b", answer(c.status, "", "Retry-After", c.header))
		if !errors.As(err, &call) {
			t.Fatal("not a callError")
		}
		if wait, throttled := call.RetryAfter(); wait != c.wait || throttled != c.throttled {
			t.Errorf("%d with Retry-After %q: %s, %v", c.status, c.header, wait, throttled)
		}
	}
	if wait := retryAfter(time.Now().Add(time.Hour).UTC().Format(http.TimeFormat)); wait < 59*time.Minute || wait > time.Hour {
		t.Errorf("Retry-After with a date an hour ahead: %s", wait)
	}
}
