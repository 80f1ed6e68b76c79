package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// errBodyReleased is what a transport gets that reads on after the call.
var errBodyReleased = errors.New("the request is over")

// body is the body of one request. The HTTP transport may go on reading it after
// an early answer (net/http, RoundTripper); release ends that, so that the bytes
// can be used for the next block. It hides bytes.Reader's WriteTo on purpose,
// which would lend the bytes out beyond a single Read.
type body struct {
	mu       sync.Mutex
	content  *bytes.Reader
	moved    func() // called at each Read; may be nil
	released bool
}

var _ io.ReadSeekCloser = (*body)(nil)

func newBody(p []byte) *body { return &body{content: bytes.NewReader(p)} }

// release waits for a Read under way and lets no other begin.
func (b *body) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released {
		return 0, errBodyReleased
	}
	if b.moved != nil {
		b.moved()
	}
	return b.content.Read(p)
}

func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Seek(offset, whence)
}

// Close does nothing: the SDK rewinds a body to send it, and release ends it.
func (b *body) Close() error { return nil }

// stallWatch ends a request when its bytes no longer move.
type stallWatch struct {
	patience time.Duration
	cancel   context.CancelCauseFunc
	timer    *time.Timer
	began    time.Time

	mu   sync.Mutex
	last time.Time // when bytes last moved
}

// watch returns a context that ends when moved hasn't been called for so long.
func watch(ctx context.Context, patience time.Duration) (context.Context, *stallWatch) {
	now := time.Now()
	w := &stallWatch{patience: patience, began: now, last: now}
	ctx, w.cancel = context.WithCancelCause(ctx)
	w.timer = time.AfterFunc(patience, func() { w.cancel(errNotInTime) })
	return ctx, w
}

// moved says that bytes of the request, or of its answer, move.
func (w *stallWatch) moved() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = time.Now()
	w.timer.Reset(w.patience)
}

// end returns what the request failed with, if it did: how long its bytes moved,
// and whether it was given up, which ctx tells, the context that watch returned.
func (w *stallWatch) end(ctx context.Context, err error) error {
	w.timer.Stop()
	stalled := errors.Is(context.Cause(ctx), errNotInTime)
	w.cancel(nil)
	if err == nil {
		return nil
	}
	if stalled {
		err = fmt.Errorf("%w: %w", errNotInTime, withoutURL(err))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return &attemptError{error: err, moving: w.last.Sub(w.began)}
}

// attemptError is the error of an attempt whose bytes could be seen to move.
type attemptError struct {
	error
	moving time.Duration
}

func (e *attemptError) Unwrap() error { return e.error }

// Moved is how long the bytes moved, from the begin of the attempt on.
func (e *attemptError) Moved() time.Duration { return e.moving }
