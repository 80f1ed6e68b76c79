package azure

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// The series appear on the registry's metrics endpoint, next to upstream's
// registry_storage_* ones; docs/operations.md tells how to read them.
var (
	requests = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "requests_total",
		Help: "Requests to the Blob service by operation, HTTP status and the service's error code; status 0 means no answer.",
	}, []string{"operation", "status", "code"})

	requestSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "request_seconds",
		Help:    "Time until the answer to one request, by operation.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
	}, []string{"operation"})

	retries = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "retries_total",
		Help: "Requests that were sent again, by operation.",
	}, []string{"operation"})

	givenUp = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "given_up_total",
		Help: "Requests that were not sent again because the retry budget was spent, by operation.",
	}, []string{"operation"})

	appendOutcomes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "append_outcomes_total",
		Help: "Append attempts by what is known of their outcome right after the answer.",
	}, []string{"outcome"})

	reconciles = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "reconciles_total",
		Help: "Appends of unknown outcome by what reading back showed: adopted, missing, conflict.",
	}, []string{"verdict"})

	transferred = prometheus.NewCounterVec(prometheus.CounterOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "bytes_total",
		Help: "Bytes of blob content by direction: stored, read.",
	}, []string{"direction"})

	blockBytes = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "append_block_bytes",
		Help:    "Sizes of the blocks that were appended.",
		Buckets: prometheus.ExponentialBuckets(64<<10, 4, 6),
	})

	copyWaitSeconds = prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Namespace: "registry", Subsystem: "storage_azure", Name: "copy_wait_seconds",
		Help:    "Time that a move waited for the end of a copy, by how it ended: success, failed, abandoned.",
		Buckets: []float64{.1, .5, 1, 5, 15, 60, 300, 900},
	}, []string{"end"})
)

func init() {
	prometheus.MustRegister(requests, requestSeconds, retries, givenUp, appendOutcomes,
		reconciles, transferred, blockBytes, copyWaitSeconds)
	startAtZero()
}

// startAtZero makes the series exist before anything happens: Prometheus doesn't
// see an increase in a counter whose first sample is 1.
func startAtZero() {
	for _, op := range operations {
		requests.WithLabelValues(op, succeeded, "")
		requestSeconds.WithLabelValues(op)
		retries.WithLabelValues(op)
		givenUp.WithLabelValues(op)
	}
	for vec, labels := range map[*prometheus.CounterVec][]string{
		appendOutcomes: {"applied", "unknown", "damaged", "failed"},
		reconciles:     {"adopted", "missing", "conflict"},
		transferred:    {"stored", "read"},
	} {
		for _, label := range labels {
			vec.WithLabelValues(label)
		}
	}
	for _, end := range []string{copySucceeded, copyFailed, copyAbandoned} {
		copyWaitSeconds.WithLabelValues(end)
	}
}

// tracer gives each request to the service a span below upstream's span for
// the driver's call.
var tracer = otel.Tracer("github.com/distribution/distribution/v3/registry/storage/driver/azure")

// observe counts, times and traces one request; the function it returns is to
// be called with the request's error as describe made it.
func observe(ctx context.Context, c call) (context.Context, func(error)) {
	start := time.Now()
	ctx, span := tracer.Start(ctx, "azure: "+c.op, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("azure.blob", c.blob), attribute.Int("azure.body.size", c.size)))
	return ctx, func(err error) {
		requestSeconds.WithLabelValues(c.op).Observe(time.Since(start).Seconds())
		status, code := answerLabels(err)
		requests.WithLabelValues(c.op, status, code).Inc()
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		span.End()
	}
}

// succeeded is the status of all successes: the SDK doesn't tell them apart.
const succeeded = "2xx"

// answerLabels are the HTTP status behind err and the service's error code.
func answerLabels(err error) (status, code string) {
	if err == nil {
		return succeeded, ""
	}
	var call *callError
	if errors.As(err, &call) {
		return strconv.Itoa(call.status), call.code
	}
	return "0", ""
}
