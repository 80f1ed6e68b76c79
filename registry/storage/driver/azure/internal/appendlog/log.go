package appendlog

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// maxPiece is the most that a reconcile reads back at a time, in bytes: a block of 100 MiB takes no second 100 MiB.
const maxPiece = 1 << 20

// Log appends blocks to one blob, each byte once and in order. The package comment has the guarantee.
//
// One goroutine at a time may call Append and Finish. End and Err may be called at any time.
type Log struct {
	blob    Blob
	path    string
	budget  Budget
	observe func(Event)
	piece   int   // most bytes that a reconcile reads at a time
	seen    int64 // the greatest stored length that a reconcile has met

	mu  sync.Mutex // guards what follows
	end int64
	err error
}

// block is what Append has yet to store, and what it knows about it.
type block struct {
	rest      []byte // not known to be stored; belongs at Log.end
	attempts  int    // how often rest, or a beginning of it, was sent
	sent      int    // bytes of the last of these attempts
	uncertain bool   // one of these attempts may still land, or has
	stored    int64  // the blob's length as the latest reconcile of rest saw it, -1 if there was none
}

// New returns a log that goes on at end, which is the length of the blob that its owner trusts: 0 for a new one, the
// stored length for an upload that is resumed. path names the blob in errors. observe, which may be nil, is called from
// within Append and Finish, once per event.
func New(blob Blob, path string, end int64, b Budget, observe func(Event)) *Log {
	if observe == nil {
		observe = func(Event) {}
	}
	return &Log{blob: blob, path: path, budget: b, observe: observe, piece: maxPiece, end: end}
}

// End returns the verified end: the offset below which every byte written is known to be stored. It may grow while
// Append runs, and holds after an error too.
func (l *Log) End() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.end
}

// Err returns the error that ended the log, or nil.
func (l *Log) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Append stores p at the log's end. It returns nil only when every byte of p is stored exactly once, in order. It
// doesn't keep p.
//
// Its errors are sticky: after one, Append and Finish return that error and do nothing. They say which bytes of which
// blob are missing, and wrap:
//
//   - [*ConflictError], and so [ErrCorruptedData], if what is stored isn't what was written;
//   - the Blob's error, if the append was refused or looking at the blob failed for good;
//   - the Budget's error, with the last failure in it, if the budget is spent;
//   - [context.Cause] of ctx, if ctx ended. The bytes in flight may land all the same; a log that goes on later at the
//     stored length, or at this one's End, copes with that.
func (l *Log) Append(ctx context.Context, p []byte) error {
	if err := l.Err(); err != nil {
		return err
	}
	l.budget.Reset()
	b := &block{rest: p, stored: -1}
	for len(b.rest) > 0 {
		if err := l.attempt(ctx, b); err != nil {
			return l.fail(b, err)
		}
	}
	return nil
}

// Finish returns nil if all that was ever seen stored has been written by way of this log. It returns a
// [*ConflictError] if a reconcile once saw the blob longer than the log became: somebody else's bytes follow ours. It
// calls no method of the Blob.
//
// It is for an upload that is complete. One that is only interrupted may well have bytes beyond its end: those of a
// request of an earlier, larger block that landed late. Whoever resumes it adopts them.
func (l *Log) Finish() error {
	if err := l.Err(); err != nil {
		return err
	}
	if l.seen > l.end {
		return l.fail(&block{stored: l.seen}, &ConflictError{Path: l.path, Offset: l.end, Stored: l.seen})
	}
	return nil
}

// attempt sends what is left of the block, or as much of its beginning as fits, and deals with the outcome. It returns
// nil if the block goes on: it is shorter, or the wait before the next attempt is over.
func (l *Log) attempt(ctx context.Context, b *block) error {
	if err := ended(ctx, nil); err != nil {
		return err
	}
	b.attempts++
	part := b.rest[:min(max(1, l.blob.Fit(len(b.rest))), len(b.rest))]
	if len(part) < b.sent {
		l.budget.Smaller()
	}
	b.sent = len(part)
	outcome, err := l.send(ctx, part)
	switch outcome {
	case Applied:
		l.observe(Event{Kind: Appended, Offset: l.end, Length: len(part), Stored: b.stored, Attempt: b.attempts})
		l.advance(b, len(part))
		return nil
	case NotApplied:
		l.note(Damaged, b, err)
		return l.budget.Wait(ctx, err)
	case Refused:
		return l.refused(ctx, b, err)
	default:
		b.uncertain = true
		l.note(Uncertain, b, err)
		return l.reconcile(ctx, b, err)
	}
}

// send makes one attempt. What contradicts itself counts as unknown.
func (l *Log) send(ctx context.Context, p []byte) (Outcome, error) {
	outcome, err := l.blob.Append(ctx, l.end, p, l.budget.Patience())
	switch {
	case outcome == Applied && err != nil:
		return Unknown, err
	case outcome != Applied && err == nil:
		return outcome, errUnconfirmed
	}
	return outcome, err
}

// advance moves the verified end over the block's next n bytes. Requests that carry the position left behind can't
// land any more, so the block is certain again.
func (l *Log) advance(b *block, n int) {
	l.mu.Lock()
	l.end += int64(n)
	l.mu.Unlock()
	*b = block{rest: b.rest[n:], stored: -1}
	l.budget.Reset()
}

// fail makes err the log's last word.
func (l *Log) fail(b *block, err error) error {
	kind := Conflicted
	if _, ok := errors.AsType[*ConflictError](err); !ok {
		kind = Failed
		err = fmt.Errorf("append %d bytes to %s at offset %d: %w", len(b.rest), l.path, l.end, err)
	}
	l.mu.Lock()
	l.err = err
	l.mu.Unlock()
	l.note(kind, b, err)
	return err
}

// note reports an event about what is left of the block.
func (l *Log) note(kind EventKind, b *block, cause error) {
	l.observe(Event{
		Kind: kind, Offset: l.end, Length: len(b.rest), Stored: b.stored, Attempt: b.attempts, Cause: cause,
	})
}
