package service

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
)

// answered is an answer of the service as the SDK reports it.
func answered(status int, code string, header ...string) error {
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

func (unsent) NonRetriable()   {}
func (u unsent) Unwrap() error { return u.error }

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		op   string
		err  error
		want Verdict
	}{
		{opAppend, nil, Applied},

		{opAppend, answered(400, "Md5Mismatch"), Damaged},
		{opAppend, answered(400, "Crc64Mismatch"), Damaged},
		{opAppend, answered(400, "InvalidHeaderValue"), Refused},
		{opAppend, answered(401, "NoAuthenticationInformation"), Refused},
		{opAppend, answered(403, "AuthenticationFailed"), Refused},
		{opAppend, answered(403, "AuthorizationPermissionMismatch"), Refused},
		{opGet, answered(404, "BlobNotFound"), Absent},
		{opGet, answered(404, "ContainerNotFound"), Refused},
		{opGet, answered(404, "AccountIsDisabled"), Refused},
		{opAppend, answered(409, "BlobAlreadyExists"), Exists},
		{opAppend, answered(409, "InvalidBlobType"), OtherType},
		{opAppend, answered(409, "PendingCopyOperation"), Copying},
		{opDelete, answered(409, "SnapshotsPresent"), HasSnapshots},
		{opDelete, answered(409, "DirectoryIsNotEmpty"), NotEmpty},
		{opDelete, answered(400, "OperationNotSupportedOnDirectory"), NotEmpty},
		{opAppend, answered(400, "OperationNotSupportedOnDirectory"), Refused},
		{opAppend, answered(409, "BlockCountExceedsLimit"), Refused},
		{opDelete, answered(409, "BlobImmutableDueToPolicy"), Refused},
		{opGet, answered(409, "BlobArchived"), Refused},
		{opPut, answered(413, "RequestBodyTooLarge"), Refused},
		{opGet, answered(416, "InvalidRange"), PastEnd},

		{opAppend, answered(412, "AppendPositionConditionNotMet"), Changed},
		{opAppend, answered(412, "ConditionNotMet"), Changed},
		{opCopy, answered(412, "SourceConditionNotMet"), SourceChanged},
		{opDelete, answered(412, "LeaseIdMissing"), Refused},
		{opDelete, answered(412, "LeaseNotPresentWithBlobOperation"), Refused},

		{opCopy, answered(404, "CannotVerifyCopySource"), Absent},
		{opCopy, answered(401, "CannotVerifyCopySource"), Unknown},
		{opCopy, answered(403, "CannotVerifyCopySource"), Unknown},
		{opCopy, answered(409, "CannotVerifyCopySource"), Unknown},
		{opCopy, answered(412, "CannotVerifyCopySource"), Unknown},
		{opCopy, answered(500, "CannotVerifyCopySource"), Unknown},

		{opAppend, answered(408, "RequestTimeout"), Unknown},
		{opAppend, answered(429, "TooManyRequests"), Unknown},
		{opAppend, answered(500, "OperationTimedOut"), Unknown},
		{opAppend, answered(501, "NotImplemented"), Unknown},
		{opAppend, answered(503, "ServerBusy"), Unknown},
		{opAppend, answered(200, ""), Unknown},
		{opAppend, answered(307, ""), Unknown},

		{opGet, &ForeignError{Status: 404, answer: &http.Response{}}, Unknown},
		{opGet, &ForeignError{Status: 200, answer: &http.Response{}}, Unknown},
		{opAppend, syscall.ECONNRESET, Unknown},
		{opAppend, io.ErrUnexpectedEOF, Unknown},
		{opAppend, context.DeadlineExceeded, Unknown},
		{opAppend, fmt.Errorf("%w: none", errNoOffset), Unknown},
		{opAppend, unsent{errors.New("no token over plain HTTP")}, Refused},
		{opAppend, unsent{&TokenError{errors.New("IMDS answers 503")}}, Unsent},
	} {
		err := describe(c.op, "b", c.err)
		if got := Judge(err); got != c.want {
			t.Errorf("Judge(%v) = %d, want %d", err, got, c.want)
		}
		call, ok := errors.AsType[*CallError](err)
		if !ok {
			continue
		}
		again := c.want == Unknown || c.want == Unsent || c.want == Damaged || c.want == Copying || c.want == PastEnd
		if call.Permanent() == again {
			t.Errorf("Permanent(%v) = %t", err, call.Permanent())
		}
	}
}

// What isn't the service's own says nothing about any blob, whatever its status.
func TestOnlyTheServicesAnswersCount(t *testing.T) {
	const blob, list = "https://a.invalid/c/b", "https://a.invalid/c?restype=container&comp=list"
	id, etag, kind, code := "x-ms-request-id", "ETag", "x-ms-blob-type", "x-ms-error-code"
	for _, c := range []struct {
		method, url string
		status      int
		has         []string
		genuine     bool
	}{
		{http.MethodGet, blob, 200, []string{id, etag, kind}, true},
		{http.MethodGet, blob, 200, []string{id, etag}, false},
		{http.MethodGet, blob, 206, []string{etag, kind}, false},
		{http.MethodHead, blob, 200, []string{id, kind}, false},
		{http.MethodHead, blob, 200, nil, false},
		{http.MethodHead, blob, 404, []string{id, code}, true},
		{http.MethodHead, blob, 404, []string{id}, false},
		{http.MethodGet, blob, 404, nil, false},
		{http.MethodGet, blob, 302, nil, false},
		{http.MethodPut, blob, 201, []string{id, etag}, true},
		{http.MethodPut, blob, 201, []string{id}, false},
		{http.MethodPut, blob, 201, nil, false},
		{http.MethodPut, blob, 403, nil, false},
		{http.MethodDelete, blob, 202, []string{id}, true},
		{http.MethodDelete, blob, 202, nil, false},
		{http.MethodDelete, blob, 404, nil, false},
		{http.MethodGet, list, 200, []string{id}, true},
		{http.MethodGet, list, 200, nil, false},
		{http.MethodGet, list, 407, nil, false},
	} {
		u, err := url.Parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		resp := &http.Response{StatusCode: c.status, Header: http.Header{}}
		for _, name := range c.has {
			resp.Header.Set(name, "1")
		}
		if lacks := missing(&http.Request{Method: c.method, URL: u}, resp); (lacks == "") != c.genuine {
			t.Errorf("%s %s: %d with %q lacks %q", c.method, c.url, c.status, c.has, lacks)
		}
	}
}

func TestErrorsNameTheBlobAndNoSecret(t *testing.T) {
	transport := &url.Error{Op: "Put", URL: "https://a.invalid/c/b?sig=SECRET", Err: syscall.ECONNRESET}
	for _, cause := range []error{
		answered(403, "AuthenticationFailed", "x-ms-request-id", "id-1"),
		transport,
		fmt.Errorf("%w: %w", errNotInTime, withoutURL(transport)),
		unsent{&TokenError{errors.New("AADSTS7000215: Invalid client secret SECRET provided")}},
	} {
		text := fmt.Sprintf("%v", fmt.Errorf("upload: %w", describe(opAppend, "the/blob", cause)))
		if strings.Contains(text, "SECRET") {
			t.Errorf("a secret is in the message: %s", text)
		}
		for _, part := range []string{opAppend, "the/blob"} {
			if !strings.Contains(text, part) {
				t.Errorf("message does not say %q: %s", part, text)
			}
		}
	}
	for text, err := range map[string]error{
		"id-1":                      answered(403, "AuthenticationFailed", "x-ms-request-id", "id-1"),
		"immutability":              answered(409, "BlobImmutableDueToPolicy"),
		"archive tier":              answered(409, "BlobArchived"),
		"lease":                     answered(412, "LeaseIdMissing"),
		"AADSTS7000215":             unsent{&TokenError{errors.New("AADSTS7000215: Invalid client secret")}},
		"something in between":      &ForeignError{Status: 404, Lacks: "a header", answer: &http.Response{}},
		"role Storage Blob Data":    answered(403, "AuthorizationPermissionMismatch"),
		"could not read the source": answered(500, "CannotVerifyCopySource"),
	} {
		if got := describe(opDelete, "b", err).Error(); !strings.Contains(got, text) {
			t.Errorf("message does not say %q: %s", text, got)
		}
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
		{503, "99999999999", time.Hour, true},
		{503, "Fri, 31 Dec 9999 23:59:59 GMT", time.Hour, true},
		{503, time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat), 0, true},
	} {
		var call *CallError
		err := describe(opPut, "b", answered(c.status, "ServerBusy", "Retry-After", c.header))
		if !errors.As(err, &call) {
			t.Fatal("not a CallError")
		}
		if wait, throttled := call.RetryAfter(); wait != c.wait || throttled != c.throttled {
			t.Errorf("%d with Retry-After %q: %s, %v", c.status, c.header, wait, throttled)
		}
	}
}

// Series have few values, whatever an answer says.
func TestLabelsOfSeriesAreBounded(t *testing.T) {
	for _, c := range []struct {
		err          error
		status, code string
	}{
		{nil, "2xx", ""},
		{answered(404, "BlobNotFound"), "404", "BlobNotFound"},
		{answered(409, "Whatever42"), "409", "other"},
		{answered(799, "BlobNotFound"), "other", ""},
		{&ForeignError{Status: 404, answer: &http.Response{}}, "foreign", ""},
		{syscall.ECONNRESET, "0", ""},
	} {
		if status, code := answerLabels(t.Context(), describe(opGet, "b", c.err)); status != c.status || code != c.code {
			t.Errorf("%v: %q, %q", c.err, status, code)
		}
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if status, _ := answerLabels(gone, describe(opGet, "b", context.Canceled)); status != "canceled" {
		t.Errorf("a client that has gone is %q", status)
	}
}

func TestSameBytesOfABlobUnderAnotherETag(t *testing.T) {
	seen := Properties{Type: AppendBlob, Size: 3, Blocks: 1, ETag: "1", Created: time.Unix(1, 0)}
	for name, c := range map[string]struct {
		change func(*Properties)
		same   bool
	}{
		"metadata":            {func(p *Properties) { p.ETag = "2" }, true},
		"appended":            {func(p *Properties) { p.ETag, p.Size, p.Blocks = "2", 6, 2 }, false},
		"an empty append":     {func(p *Properties) { p.ETag, p.Blocks = "2", 2 }, false},
		"created again":       {func(p *Properties) { p.ETag, p.Created = "2", time.Unix(2, 0) }, false},
		"a block blob":        {func(p *Properties) { p.ETag, p.Type = "2", BlockBlob }, false},
		"the very same state": {func(*Properties) {}, true},
	} {
		now := seen
		c.change(&now)
		if now.SameBytes(seen) != c.same {
			t.Errorf("%s: %t", name, !c.same)
		}
	}
}
