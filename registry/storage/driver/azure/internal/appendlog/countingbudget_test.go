package appendlog

import (
	"context"
	"fmt"
	"time"
)

// countingBudget is a Budget that allows a number of attempts without progress, a second apart, and an hour for them.
type countingBudget struct {
	retries int
	failed  int
	start   time.Time
	causes  []error // of all waits
}

// spentError is what countingBudget gives up with.
type spentError struct{ last error }

func (e *spentError) Error() string { return fmt.Sprintf("budget spent: %v", e.last) }
func (e *spentError) Unwrap() error { return e.last }

func (b *countingBudget) Reset() { b.failed, b.start = 0, time.Now() }

func (b *countingBudget) Try(ctx context.Context) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}

func (b *countingBudget) Smaller() { b.start = time.Now() }

func (b *countingBudget) Patience() time.Duration { return time.Minute }

func (b *countingBudget) Wait(ctx context.Context, cause error) error {
	b.causes = append(b.causes, cause)
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w (last failure: %w)", context.Cause(ctx), cause)
	}
	b.failed++
	if b.failed > b.retries || time.Since(b.start) > time.Hour {
		return &spentError{last: cause}
	}
	select {
	case <-time.After(time.Second):
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%w (last failure: %w)", context.Cause(ctx), cause)
	}
}
