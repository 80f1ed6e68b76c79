package azure

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errCopyTimeout is why a copy is given up that is still pending.
var errCopyTimeout = errors.New("still pending after copy_timeout")

const (
	firstCopyPoll = 50 * time.Millisecond
	lastCopyPoll  = 5 * time.Second
	// cleanUpTime bounds what is done for a copy after its caller has gone.
	cleanUpTime = 30 * time.Second
)

// How a copy ended, for the series.
const (
	copySucceeded = "success"
	copyFailed    = "failed"
	copyAbandoned = "abandoned"
)

// await waits until this move's copy really ends. It is done if the copy succeeded
// and is not, without an error, if the copy failed or was aborted: then what it left
// has been removed, and another may be tried.
func (m *move) await(ctx context.Context, copyID string) (done bool, err error) {
	start := time.Now()
	ended := func(how string) { copyWait.WithValues(how).UpdateSince(start) }
	to, err := m.end(ctx, copyID)
	switch {
	case judge(err) == absent:
		m.condition = ifAbsent()
		return false, nil
	case err != nil:
		ended(copyAbandoned)
		m.abandon(ctx, copyID)
		return false, fmt.Errorf("azure: copy of %q to %q given up after %s: %w", m.source, m.dest, time.Since(start).Round(time.Millisecond), err)
	case to.copyID != copyID:
		return m.settle(ctx, exists)
	case m.complete(to):
		ended(copySucceeded)
		return true, nil
	default:
		ended(copyFailed)
		return false, m.remove(ctx, to)
	}
}

// waitFor waits until somebody else's copy onto the destination ends, whatever
// comes of it.
func (m *move) waitFor(ctx context.Context, copyID string) error {
	_, err := m.end(ctx, copyID)
	if err == nil || judge(err) == absent {
		return nil
	}
	return fmt.Errorf("azure: copy of %q to %q waits for another copy there: %w", m.source, m.dest, err)
}

// end polls the destination until the copy with this id is no longer pending, for
// copy_timeout at most, and tells what is there then.
func (m *move) end(ctx context.Context, copyID string) (properties, error) {
	limited, cancel := context.WithTimeoutCause(ctx, m.d.settings.CopyTimeout, errCopyTimeout)
	defer cancel()
	for wait := firstCopyPoll; ; wait = min(2*wait, lastCopyPoll) {
		to, err := m.d.properties(limited, m.dest)
		switch {
		case limited.Err() != nil:
			return to, context.Cause(limited)
		case err != nil, to.copyID != copyID, !to.pending():
			return to, err
		}
		pause(limited, wait)
	}
}

// disown aborts a copy that may have begun although its caller went away before
// it was told. Nobody would ever wait for its end.
func (m *move) disown(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	to, err := m.d.properties(ctx, m.dest)
	if err == nil && to.pending() && m.isSource(to.copySource) {
		m.abandon(ctx, to.copyID)
	}
}

// abandon aborts a copy on behalf of a caller that may be gone, and removes what
// it left. A copy that completes in that moment stays: it is complete.
func (m *move) abandon(ctx context.Context, copyID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	_, err := m.d.attempt(ctx, call{op: opAbortCopy, blob: m.dest}, func(ctx context.Context) error {
		_, err := m.d.container.NewBlobClient(m.dest).AbortCopyFromURL(ctx, copyID, nil)
		return err
	})
	to, lookErr := m.d.properties(ctx, m.dest)
	switch {
	case judge(lookErr) == absent:
		return
	case lookErr == nil && (to.copyID != copyID || m.complete(to)):
		return
	case lookErr == nil:
		err = m.remove(ctx, to)
	}
	if err != nil {
		logger(ctx).WithField("blob", m.dest).WithError(err).Error("copy was given up, but what it left could not be removed")
	}
}

// remove deletes what a copy left at the destination, if it is still that.
func (m *move) remove(ctx context.Context, left properties) error {
	m.failed = fmt.Errorf("copy of %q to %q did not complete: %s %s", m.source, m.dest, left.copyStatus, left.copyDetail)
	logger(ctx).WithField("blob", m.dest).WithError(m.failed).Warn("copy did not complete: removing what it left")
	_, err := m.d.deleteIf(ctx, m.dest, left.etag)
	m.condition = ifAbsent()
	return err
}

// pause waits for so long, or until ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
