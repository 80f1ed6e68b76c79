package azure

import (
	"context"
	"errors"

	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
)

// requestFields are the values that upstream's handlers keep in the context of
// a request under these string keys, and how they are named in a log line.
var requestFields = map[string]string{
	"http.request.id": "http.request.id",
	"vars.name":       "repository",
	"vars.uuid":       "upload.id",
}

// logger is a log entry that names the request on whose behalf ctx runs.
func logger(ctx context.Context) *logrus.Entry {
	fields := logrus.Fields{"driver": driverName}
	for key, field := range requestFields {
		if value := ctx.Value(key); value != nil && value != "" {
			fields[field] = value
		}
	}
	return logrus.WithContext(ctx).WithFields(fields)
}

// logAppends returns the observer of one upload: it counts every event, and
// writes a line for those worth a person's time.
func logAppends(ctx context.Context, blob string) func(appendlog.Event) {
	return func(e appendlog.Event) {
		countAppend(e)
		if e.Kind == appendlog.Appended {
			return
		}
		entry := logger(ctx).WithFields(logrus.Fields{
			"blob": blob, "offset": e.Offset, "length": e.Length, "attempt": e.Attempt,
		})
		var call *callError
		if errors.As(e.Cause, &call) && call.requestID != "" {
			entry = entry.WithField("azure.request.id", call.requestID)
		}
		if e.Cause != nil {
			entry = entry.WithError(e.Cause)
		}
		switch e.Kind {
		case appendlog.Uncertain:
			entry.Info("append has an unknown outcome, reading back what is stored")
		case appendlog.Adopted:
			entry.Warn("append was stored although its answer was lost: adopted, not sent again")
		case appendlog.Damaged:
			entry.Warn("append was damaged on its way and refused by the service: sending it again")
		case appendlog.Resending:
			entry.Info("append was not stored: sending it again")
		case appendlog.Conflicted:
			entry.WithField("stored", e.Stored).Error("stored bytes are not the bytes of this upload")
		case appendlog.Failed:
			entry.Error("append failed")
		}
	}
}

// countAppend feeds the series about appends.
func countAppend(e appendlog.Event) {
	answered := e.Kind == appendlog.Appended || e.Kind == appendlog.Uncertain || e.Kind == appendlog.Damaged
	if answered && e.Attempt > 1 {
		retries.WithValues(opAppend).Inc()
	}
	switch e.Kind {
	case appendlog.Appended:
		appendOutcomes.WithValues("applied").Inc()
		blockBytes.Inc(float64(e.Length))
		transferred.WithValues("stored").Inc(float64(e.Length))
	case appendlog.Uncertain:
		appendOutcomes.WithValues("unknown").Inc()
	case appendlog.Damaged:
		appendOutcomes.WithValues("damaged").Inc()
	case appendlog.Failed:
		appendOutcomes.WithValues("failed").Inc()
		var spent *ExhaustedError
		if errors.As(e.Cause, &spent) {
			givenUp.WithValues(opAppend).Inc()
		}
	case appendlog.Adopted:
		reconciles.WithValues("adopted").Inc()
		transferred.WithValues("stored").Inc(float64(e.Length))
	case appendlog.Resending:
		reconciles.WithValues("missing").Inc()
	case appendlog.Conflicted:
		reconciles.WithValues("conflict").Inc()
	}
}
