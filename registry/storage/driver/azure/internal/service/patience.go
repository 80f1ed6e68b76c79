package service

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

const (
	// longPatience is how many times as long as others those requests may take
	// on which the service has to work: a listing that skips deleted blobs takes
	// up to 30 s, a copy or a batch more than 10 s.
	longPatience = 6
	// mostPatience bounds how patience grows with each try of a call that ran out
	// of time.
	mostPatience = 3 // doublings
)

// patience is for how long nothing may move before a try of this call is given
// up. It is there to notice a connection that stalled within seconds, not to
// judge a slow service or a slow link: each try that ran out of time makes the
// next more patient, and a body that moves is never cut off.
func (c *Client) patience(what call, timeouts int) time.Duration {
	limit := c.settings.TryTimeout
	switch what.op {
	case opList, opBatch, opCopy, opUserKey:
		limit *= longPatience
	}
	return limit << min(timeouts, mostPatience)
}

// stall ends a request when nothing has moved for too long.
type stall struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc
	ctx    context.Context // of the request; nothing else keeps it
	began  time.Time
	last   atomic.Int64 // when something moved, since began
}

// withStall gives the context of a request during which nothing may stand still
// for longer than limit. The caller ends it.
func withStall(ctx context.Context, limit time.Duration) (context.Context, *stall) {
	ctx, cancel := context.WithCancelCause(ctx)
	return ctx, &stall{
		limit: limit, cancel: cancel, ctx: ctx, began: time.Now(),
		timer: time.AfterFunc(limit, func() { cancel(errNotInTime) }),
	}
}

// moved says that something has moved.
func (s *stall) moved() {
	s.last.Store(int64(time.Since(s.began)))
	s.timer.Reset(s.limit)
}

// moving is for how long something moved, from the begin on.
func (s *stall) moving() time.Duration { return time.Duration(s.last.Load()) }

// pause stops the clock until moved is called.
func (s *stall) pause() { s.timer.Stop() }

// happened reports whether the request was given up.
func (s *stall) happened() bool { return errors.Is(context.Cause(s.ctx), errNotInTime) }

// explain is err, and that the request was given up if that is why.
func (s *stall) explain(err error) error {
	if err != nil && s.happened() {
		return fmt.Errorf("%w: %w", errNotInTime, withoutURL(err))
	}
	return err
}

// end gives back what the request held.
func (s *stall) end() {
	s.timer.Stop()
	s.cancel(nil)
}
