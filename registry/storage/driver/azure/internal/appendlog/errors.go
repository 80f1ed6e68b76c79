package appendlog

import (
	"context"
	"errors"
	"fmt"
)

// ErrCorruptedData is wrapped by every error that says that the blob holds something else than what was written to it.
var ErrCorruptedData = errors.New("the stored bytes are not the bytes that were written")

// errUnconfirmed stands in for the error that a Blob should have given with an outcome other than Applied.
var errUnconfirmed = errors.New("the append was not confirmed, and no reason was given")

// ConflictError says that somebody else changed the blob: what is stored isn't what this log wrote. Appending more
// could only make it worse. It wraps [ErrCorruptedData].
type ConflictError struct {
	Path   string
	Offset int64 // the verified end, in bytes: what was written below it had been stored
	Length int   // of the bytes that were to be stored at Offset; 0 if it was found by Finish
	Stored int64 // the blob's length that was seen
}

// Error says what is wrong with the blob, and where.
func (e *ConflictError) Error() string {
	if e.Length == 0 {
		return fmt.Sprintf("finish %s at offset %d: %v: %d bytes are stored, more than were written",
			e.Path, e.Offset, ErrCorruptedData, e.Stored)
	}
	what := "other bytes are found at the offset"
	if e.Stored < e.Offset {
		what = "that is shorter than the verified end"
	}
	return fmt.Sprintf("append %d bytes to %s at offset %d: %v: %d bytes are stored, %s",
		e.Length, e.Path, e.Offset, ErrCorruptedData, e.Stored, what)
}

// Unwrap returns ErrCorruptedData.
func (e *ConflictError) Unwrap() error { return ErrCorruptedData }

// permanent is implemented by errors that say whether a retry would help.
type permanent interface {
	error
	Permanent() bool
}

// final says whether looking at the blob again can't change the verdict.
func final(err error) bool {
	if _, ok := errors.AsType[*ConflictError](err); ok {
		return true
	}
	p, ok := errors.AsType[permanent](err)
	return ok && p.Permanent()
}

// ended returns nil while ctx goes on, then an error that wraps why it ended and the last failure before, if any.
func ended(ctx context.Context, last error) error {
	switch {
	case ctx.Err() == nil:
		return nil
	case last == nil:
		return context.Cause(ctx)
	default:
		return fmt.Errorf("%w (last failure: %w)", context.Cause(ctx), last)
	}
}
