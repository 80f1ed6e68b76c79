package azure

import (
	"context"
	"errors"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// appendBlob is an append blob of the service as the protocol sees it.
type appendBlob struct{ *service.Appender }

var _ appendlog.Blob = appendBlob{}

// Append implements appendlog.Blob.
func (b appendBlob) Append(ctx context.Context, off int64, p []byte, patience time.Duration) (appendlog.Outcome, error) {
	err := b.Appender.Append(ctx, off, p, patience)
	return outcome(err), err
}

// outcome is what the answer to an append tells about the bytes.
func outcome(err error) appendlog.Outcome {
	switch service.Judge(err) {
	case service.Applied:
		return appendlog.Applied
	case service.Damaged:
		return appendlog.NotApplied
	case service.Absent, service.Refused:
		return appendlog.Refused
	default:
		return appendlog.Unknown
	}
}

// Size is the stored length. A blob that isn't there or isn't an append blob
// can't be gone on with.
func (b appendBlob) Size(ctx context.Context) (int64, error) {
	p, err := b.Properties(ctx)
	return p.Size, err
}

// logAppends returns the observer of one upload: it counts every event, and
// writes a line for those worth a person's time.
func logAppends(ctx context.Context, blob string) func(appendlog.Event) {
	return func(e appendlog.Event) {
		countAppend(e)
		if e.Kind == appendlog.Appended {
			return
		}
		entry := service.Logger(ctx).WithFields(logrus.Fields{
			"blob": blob, "offset": e.Offset, "length": e.Length, "attempt": e.Attempt,
		})
		var call *CallError
		if errors.As(e.Cause, &call) && call.RequestID != "" {
			entry = entry.WithField("azure.request.id", call.RequestID)
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
			if canceled(e.Cause) {
				entry.Info("append ended: the client has gone")
			} else {
				entry.Error("append failed")
			}
		}
	}
}

// countAppend feeds the series about appends.
func countAppend(e appendlog.Event) {
	answered := e.Kind == appendlog.Appended || e.Kind == appendlog.Uncertain || e.Kind == appendlog.Damaged
	if answered && e.Attempt > 1 {
		service.AppendRetried()
	}
	switch e.Kind {
	case appendlog.Appended:
		service.Appended(e.Length)
	case appendlog.Uncertain:
		service.AppendOutcome("unknown")
	case appendlog.Damaged:
		service.AppendOutcome("damaged")
	case appendlog.Failed:
		if canceled(e.Cause) {
			return
		}
		service.AppendOutcome("failed")
		var spent *ExhaustedError
		if errors.As(e.Cause, &spent) {
			service.AppendGivenUp()
		}
	case appendlog.Adopted:
		service.Reconciled("adopted")
		service.Stored(e.Length)
	case appendlog.Resending:
		service.Reconciled("missing")
	case appendlog.Conflicted:
		service.Reconciled("conflict")
	}
}
