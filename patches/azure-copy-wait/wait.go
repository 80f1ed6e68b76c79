package azure

import (
	"context"
	"time"
)

const (
	// copyTimeout is how long a copy inside the service may take.
	copyTimeout = 15 * time.Minute

	// maxCopyPoll is the longest time between two looks at a copy.
	maxCopyPoll = 5 * time.Second
)

// waitToPoll waits before the next look at a copy, unless ctx ends first.
func (d *driver) waitToPoll(ctx context.Context, looks int) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(min(d.retryDelay*time.Duration(looks), maxCopyPoll)):
		return nil
	}
}
