package azure

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
)

// ErrCorruptedData is what errors.Is finds in the error of a writer whose
// blob holds other bytes than the ones that were written to it.
var ErrCorruptedData = appendlog.ErrCorruptedData

// ConflictError tells which blob holds other bytes than the stream written to
// it, and from which offset on. It wraps ErrCorruptedData.
type ConflictError = appendlog.ConflictError

// ExhaustedError tells that a call was tried as often, or for as long, as the
// configuration allows. It wraps the error of the last attempt.
type ExhaustedError = budget.ExhaustedError

// verdict is what an answer of the service means to the driver. It is about
// the outcome of the request and never about the cause of a failure.
type verdict int

const (
	// uncertain: nobody knows whether the request was carried out, or whether
	// it still will be. The zero value, because it is the safe assumption.
	uncertain verdict = iota
	// applied: the service says that it was carried out.
	applied
	// damaged: the service refused bytes that changed on their way.
	damaged
	// absent: the blob isn't there.
	absent
	// exists: the blob must not exist, but does.
	exists
	// changed: the blob is no longer the one that the request named.
	changed
	// sourceChanged: the source of a copy is no longer the one named.
	sourceChanged
	// otherType: the blob is of a type that the request can't be applied to.
	otherType
	// copying: a copy onto the blob is still under way.
	copying
	// pastEnd: the range asked for starts behind the blob's last byte.
	pastEnd
	// refused: the service won't do this, now or later.
	refused
)

// verdicts holds what the error codes mean that need more than their HTTP
// status (REST: "Blob Storage error codes", "Common REST API error codes").
var verdicts = map[bloberror.Code]verdict{
	bloberror.MD5Mismatch:            damaged,
	"Crc64Mismatch":                  damaged,
	bloberror.BlobAlreadyExists:      exists,
	bloberror.BlobNotFound:           absent,
	bloberror.ResourceNotFound:       absent,
	bloberror.CannotVerifyCopySource: absent,
	bloberror.InvalidBlobType:        otherType,
	bloberror.PendingCopyOperation:   copying,
	bloberror.InvalidRange:           pastEnd,

	bloberror.ConditionNotMet:               changed,
	bloberror.AppendPositionConditionNotMet: changed,
	bloberror.TargetConditionNotMet:         changed,
	bloberror.SourceConditionNotMet:         sourceChanged,

	// A lease is somebody's explicit wish that we keep off.
	bloberror.LeaseIDMissing:                   refused,
	bloberror.LeaseIDMismatchWithBlobOperation: refused,
	bloberror.LeaseLost:                        refused,
	bloberror.ContainerNotFound:                refused,
	bloberror.ContainerBeingDeleted:            refused,
	bloberror.ContainerDisabled:                refused,
}

// damagedPut is Azurite's answer to a Put Blob whose Content-MD5 doesn't match;
// Azure says Md5Mismatch.
const damagedPut = "Provided contentMD5 doesn't match"

// callError says what was asked of the service and what became of it.
type callError struct {
	op        string // the REST operation, in words
	blob      string // name of the blob or prefix
	status    int    // HTTP status, 0 if there was no answer
	code      string // the service's error code
	requestID string // x-ms-request-id, for a support case
	wait      time.Duration
	err       error
}

// Error names operation, blob and answer. The SDK's own text isn't repeated: it
// runs over many lines, and URLs in it can carry a signature.
func (e *callError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %q: ", e.op, e.blob)
	if e.status == 0 {
		b.WriteString(withoutURL(e.err).Error())
		return b.String()
	}
	fmt.Fprintf(&b, "%d %s", e.status, http.StatusText(e.status))
	if e.code != "" {
		fmt.Fprintf(&b, " (%s)", e.code)
	}
	if e.requestID != "" {
		fmt.Fprintf(&b, ", service request id %s", e.requestID)
	}
	return b.String()
}

func (e *callError) Unwrap() error { return e.err }

// RetryAfter is how long the service asked us to stay away, and whether the
// reason is that it has too much to do.
func (e *callError) RetryAfter() (time.Duration, bool) {
	return e.wait, e.status == http.StatusTooManyRequests || e.status == http.StatusServiceUnavailable
}

// Permanent says that asking again can't help.
func (e *callError) Permanent() bool {
	switch judge(e) {
	case uncertain, damaged, pastEnd: // the length tells what a 416 means
		return false
	default:
		return true
	}
}

// describe turns an error of the SDK into a callError; nil stays nil.
func describe(op, blob string, err error) error {
	if err == nil {
		return nil
	}
	call := &callError{op: op, blob: blob, err: err}
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		return call
	}
	call.status = answer.StatusCode
	call.code = answer.ErrorCode
	if answer.RawResponse != nil {
		header := answer.RawResponse.Header
		call.requestID = header.Get("x-ms-request-id")
		call.wait = retryAfter(header.Get("Retry-After"))
	}
	return call
}

// judge is the verdict on an error that describe made, applied for none.
func judge(err error) verdict {
	if err == nil {
		return applied
	}
	var call *callError
	if !errors.As(err, &call) {
		return uncertain
	}
	if call.status == 0 {
		return judgeUnanswered(call.err)
	}
	if v, known := verdicts[bloberror.Code(call.code)]; known {
		return v
	}
	switch {
	case call.status == http.StatusBadRequest && strings.Contains(call.err.Error(), damagedPut):
		return damaged
	case call.status == http.StatusNotFound:
		return absent
	case call.status == http.StatusPreconditionFailed:
		return changed
	case call.status == http.StatusRequestedRangeNotSatisfiable:
		return pastEnd
	case call.status == http.StatusRequestTimeout, call.status == http.StatusTooManyRequests:
		return uncertain
	case call.status >= 400 && call.status < 500:
		return refused
	default:
		return uncertain
	}
}

// judgeUnanswered is the verdict where no answer came: nobody knows, unless the
// SDK says that it sent nothing and never will (no credential could be had, a
// token must not go over plain HTTP).
func judgeUnanswered(err error) verdict {
	var unsent interface{ NonRetriable() }
	if errors.As(err, &unsent) {
		return refused
	}
	return uncertain
}

// retryAfter reads the header of that name: seconds or an HTTP date.
func retryAfter(value string) time.Duration {
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// withoutURL takes the URL out of a transport error: it may hold a signature.
func withoutURL(err error) error {
	var urlError *url.Error
	if errors.As(err, &urlError) {
		return urlError.Err
	}
	return err
}
