package appendlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// reconcile finds out what became of requests whose outcome isn't known, the last of which failed with cause. It
// returns nil if the block goes on: part of it was found stored, or none of it and the wait before the next attempt is
// over. It keeps asking until it has an answer, because only an answer tells what to send.
func (l *Log) reconcile(ctx context.Context, b *block, cause error) error {
	if err := ended(ctx, cause); err != nil {
		return err
	}
	for {
		adopted, err := l.adopt(ctx, b, cause)
		switch {
		case err == nil && adopted > 0:
			return nil
		case err == nil:
			l.note(Resending, b, cause)
			return l.budget.Wait(ctx, cause)
		case final(err):
			return err
		}
		// The look was taken because of cause, which tells a person more than that no time was left for the look.
		if err := l.budget.Wait(ctx, fmt.Errorf("%w, after %w", err, cause)); err != nil {
			return err
		}
	}
}

// refused deals with an attempt that the service refused with cause. If an earlier attempt may have landed, the bytes
// may be there although no more are taken: access that was withdrawn while an answer was under way, say. One look
// tells; it isn't repeated, since the refusal stands whatever it says.
func (l *Log) refused(ctx context.Context, b *block, cause error) error {
	if !b.uncertain {
		return cause
	}
	adopted, err := l.adopt(ctx, b, cause)
	if conflict, ok := errors.AsType[*ConflictError](err); ok {
		return conflict
	}
	if adopted > 0 {
		return nil
	}
	return cause
}

// adopt asks how long the blob is, compares what is stored beyond the verified end with the block, and moves the end
// over what is the same. It returns how many bytes that were, also if it comes with an error. The error is a
// ConflictError, or the Blob's. cause is why it was called.
func (l *Log) adopt(ctx context.Context, b *block, cause error) (int, error) {
	stored, err := l.size(ctx)
	if err != nil {
		return 0, err
	}
	b.stored = stored
	l.seen = max(l.seen, stored)
	if stored < l.end {
		return 0, l.conflict(b)
	}

	found := Event{Kind: Adopted, Offset: l.end, Stored: stored, Attempt: b.attempts, Cause: cause}
	err = l.compare(ctx, b, min(stored, l.end+int64(len(b.rest))))
	found.Length = int(l.end - found.Offset)
	if found.Length > 0 {
		l.observe(found)
	}
	return found.Length, err
}

// compare reads back what is stored up to offset until, a piece at a time, and moves the verified end over every piece
// that is the same as the block.
func (l *Log) compare(ctx context.Context, b *block, until int64) error {
	stored := b.stored
	piece := make([]byte, min(int64(l.piece), until-l.end))
	for l.end < until {
		piece = piece[:min(int64(len(piece)), until-l.end)]
		if err := l.read(ctx, piece); err != nil {
			return err
		}
		if !bytes.Equal(piece, b.rest[:len(piece)]) {
			return l.conflict(b)
		}
		l.advance(b, len(piece))
		b.stored = stored // what is left was looked at, too
	}
	return nil
}

func (l *Log) conflict(b *block) error {
	return &ConflictError{Path: l.path, Offset: l.end, Length: len(b.rest), Stored: b.stored}
}

func (l *Log) size(ctx context.Context) (int64, error) {
	try, cancel := l.budget.Try(ctx)
	defer cancel()
	stored, err := l.blob.Size(try)
	if err != nil {
		return 0, fmt.Errorf("get the stored length: %w", err)
	}
	return stored, nil
}

func (l *Log) read(ctx context.Context, p []byte) error {
	if err := l.blob.ReadAt(ctx, p, l.end, l.budget.Patience()); err != nil {
		return fmt.Errorf("read back %d bytes at offset %d: %w", len(p), l.end, err)
	}
	return nil
}
