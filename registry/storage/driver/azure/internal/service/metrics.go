package service

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/docker/go-metrics"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// series appear on the registry's metrics endpoint, next to upstream's
// registry_storage_* ones; docs/operations.md tells how to read them. They are
// made with the package that upstream makes its own with: it puts "_total"
// behind counters and "_seconds" behind timers.
var series = metrics.NewNamespace("registry", "storage_azure", nil)

var (
	requests = series.NewLabeledCounter("requests",
		"Requests to the Blob service by operation, HTTP status and the service's error code; status 0 means no answer, foreign an answer that the service didn't give, canceled that nobody waited for it any more.",
		"operation", "status", "code")

	requestTime = series.NewLabeledTimerWithBuckets("request",
		"Time until the answer to one request, by operation.",
		[]float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}, "operation")

	retries = series.NewLabeledCounter("retries",
		"Requests that were sent again, by operation.", "operation")

	givenUp = series.NewLabeledCounter("given_up",
		"Requests that were not sent again because the retry budget was spent, by operation.", "operation")

	appendOutcomes = series.NewLabeledCounter("append_outcomes",
		"Append attempts by what is known of their outcome right after the answer.", "outcome")

	reconciles = series.NewLabeledCounter("reconciles",
		"Appends of unknown outcome by what reading back showed: adopted, missing, conflict.", "verdict")

	transferred = series.NewLabeledCounter("bytes",
		"Bytes of blob content by direction: stored, read.", "direction")

	blockBytes = series.NewCounter("append_block_bytes",
		"Bytes of the blocks that were appended; append_outcomes_total counts the blocks.")

	copyWait = series.NewLabeledTimerWithBuckets("copy_wait",
		"Time that a move waited for the end of a copy, by how it ended: success, failed, abandoned.",
		[]float64{.1, .5, 1, 5, 15, 60, 300, 900}, "end")
)

// How the wait for a copy ended.
const (
	copySucceeded = "success"
	copyFailed    = "failed"
	copyAbandoned = "abandoned"
)

func init() {
	metrics.Register(series)
	startAtZero()
}

// startAtZero makes the series exist before anything happens: Prometheus doesn't
// see an increase in a counter whose first sample is 1.
func startAtZero() {
	for _, op := range operations {
		requests.WithValues(op, succeeded, "")
		requestTime.WithValues(op)
		retries.WithValues(op)
		givenUp.WithValues(op)
	}
	for counter, labels := range map[metrics.LabeledCounter][]string{
		appendOutcomes: {"applied", "unknown", "damaged", "failed"},
		reconciles:     {"adopted", "missing", "conflict"},
		transferred:    {"stored", "read"},
	} {
		for _, label := range labels {
			counter.WithValues(label)
		}
	}
	for _, end := range []string{copySucceeded, copyFailed, copyAbandoned} {
		copyWait.WithValues(end)
	}
}

// Appended counts a block of n bytes that was stored.
func Appended(n int) {
	appendOutcomes.WithValues("applied").Inc()
	blockBytes.Inc(float64(n))
	Stored(n)
}

// AppendOutcome counts an attempt to append whose outcome is unknown, damaged or
// failed.
func AppendOutcome(outcome string) { appendOutcomes.WithValues(outcome).Inc() }

// Reconciled counts what reading back showed: adopted, missing or conflict.
func Reconciled(verdict string) { reconciles.WithValues(verdict).Inc() }

// AppendRetried and AppendGivenUp count what the protocol of appends decided.
func AppendRetried() { retries.WithValues(opAppend).Inc() }

// AppendGivenUp counts an append whose retry budget was spent.
func AppendGivenUp() { givenUp.WithValues(opAppend).Inc() }

// Stored counts n bytes of content that were stored.
func Stored(n int) { transferred.WithValues("stored").Inc(float64(n)) }

func copyEnded(start time.Time, how string) { copyWait.WithValues(how).UpdateSince(start) }

// tracer gives each request to the service a span below upstream's span for
// the driver's call.
var tracer = otel.Tracer("github.com/distribution/distribution/v3/registry/storage/driver/azure")

// observe counts, times and traces one request; the function it returns is to
// be called with the request's error as describe made it.
func observe(ctx context.Context, what call) (context.Context, func(error)) {
	start, caller := time.Now(), ctx
	ctx, span := tracer.Start(ctx, "azure: "+what.op, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("azure.blob", what.blob), attribute.Int("azure.body.size", len(what.content))))
	return ctx, func(err error) {
		requestTime.WithValues(what.op).UpdateSince(start)
		status, code := answerLabels(caller, err)
		requests.WithValues(what.op, status, code).Inc()
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// succeeded is the status of all successes: the SDK doesn't tell them apart.
const succeeded = "2xx"

// answerLabels are the HTTP status behind err and the service's error code. Both
// have few values: what the service has no name for is "other".
func answerLabels(caller context.Context, err error) (status, code string) {
	call, ok := errors.AsType[*CallError](err)
	switch {
	case err == nil:
		return succeeded, ""
	case errors.Is(caller.Err(), context.Canceled):
		return "canceled", ""
	case !ok:
		return "0", ""
	}
	if _, other := foreign(err); other {
		return "foreign", ""
	}
	switch {
	case call.Status == 0:
		return "0", ""
	case http.StatusText(call.Status) == "":
		return "other", ""
	}
	return strconv.Itoa(call.Status), codeLabel(call.Code)
}

func codeLabel(code string) string {
	if _, known := meanings[bloberror.Code(code)]; known || code == "" {
		return code
	}
	switch bloberror.Code(code) {
	case bloberror.ServerBusy, bloberror.InternalError, bloberror.OperationTimedOut, bloberror.AuthenticationFailed,
		bloberror.CannotVerifyCopySource, bloberror.InvalidHeaderValue, bloberror.RequestBodyTooLarge,
		bloberror.BlockCountExceedsLimit, notOnDirectories, "TooManyRequests":
		return code
	}
	return "other"
}
