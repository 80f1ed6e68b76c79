package appendlog

import (
	"context"
	"fmt"
	"time"
)

// Outcome says what is known about the bytes of one append after one attempt. It isn't about what went wrong.
type Outcome int

const (
	// Unknown means that the bytes may be stored, may not be, or may be stored later. It is the zero value, because to
	// know nothing is always safe: the bytes decide.
	Unknown Outcome = iota
	// Applied means that all the bytes are stored at the offset they were sent to.
	Applied
	// NotApplied means that this request stored nothing and never will, and that sending it again may help: the service
	// saw that the bytes had been damaged on the way.
	NotApplied
	// Refused means that this request stored nothing and never will, and that sending it again won't help.
	Refused
)

// String returns the outcome's name, for messages.
func (o Outcome) String() string {
	switch o {
	case Unknown:
		return "unknown"
	case Applied:
		return "applied"
	case NotApplied:
		return "not applied"
	case Refused:
		return "refused"
	}
	return fmt.Sprintf("Outcome(%d)", int(o))
}

// Blob is the part of an append blob that the protocol needs. A [Log] makes one call at a time.
//
// No method may retry by itself: a hidden second attempt hides the first one's outcome.
type Blob interface {
	// Append makes one attempt to store p at offset off, on the condition that the blob is exactly off bytes long when
	// the service carries it out. A blob of another length is Unknown, not Refused: an earlier request with the same
	// bytes may be what made it longer. The error is nil if, and only if, the outcome is Applied; when in doubt the
	// outcome is Unknown. Append must not modify p, nor read it after it has returned.
	//
	// The attempt ends when none of its bytes has moved for as long as patience says, and not because it takes long.
	Append(ctx context.Context, off int64, p []byte, patience time.Duration) (Outcome, error)

	// Fit returns how many of the next n bytes to send at a time, 1 to n. It gets smaller after an Append that ran out
	// of patience, so that a slow link carries the next one.
	Fit(n int) int

	// Size returns the blob's stored length in bytes, as of a moment between call and return.
	Size(ctx context.Context) (int64, error)

	// ReadAt fills p with the bytes stored from offset off on, or returns an error. It is only asked for bytes below a
	// length that Size has returned. It has patience as Append has.
	//
	// An error of Size or ReadAt that has a method Permanent() bool anywhere in its tree (see [errors.As]), and returns
	// true from it, isn't worth a retry: the blob doesn't exist, access is denied.
	ReadAt(ctx context.Context, p []byte, off int64, patience time.Duration) error
}

// Budget says how long an append that makes no progress is tried again. A [Log] uses it from one goroutine.
type Budget interface {
	// Reset says that an append begins, or that it made progress.
	Reset()
	// Try returns a context that bounds one call of [Blob.Size].
	Try(ctx context.Context) (context.Context, context.CancelFunc)
	// Smaller says that the next attempt sends less than the one before: it has all the time that the first one had.
	Smaller()
	// Patience is how long the bytes of one call of another method may stand still.
	Patience() time.Duration
	// Wait is told why a call failed, or what left the append without progress. It returns nil when the next call may be
	// made, and an error that wraps cause when there is to be none: because the budget is spent, or because ctx ended.
	Wait(ctx context.Context, cause error) error
}
