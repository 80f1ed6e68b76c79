package budget

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	growth = 3   // each wait is so many times the one before
	spread = 0.2 // a wait differs from its plan by at most this part of it
)

// errTryOver is the cause of the end of a context made by [Budget.Try].
var errTryOver = errors.New("the retry budget has no more time for this attempt")

// Policy says how long and how often one operation that makes no progress is tried again.
type Policy struct {
	// Retries is the number of attempts after the first one without progress. With 0 nothing is ever tried again.
	Retries int
	// Time is the longest time without progress, waits included. It must be more than 0.
	Time time.Duration
	// Delay is the first wait. Each wait is three times the one before, give or take 20 %, so that clients that failed
	// together don't come back together.
	Delay time.Duration
	// MaxDelay is the longest wait of our own choosing, give or take the same 20 %. The service may ask for more.
	MaxDelay time.Duration
}

// Budget holds one operation to its [Policy]. It isn't safe for concurrent use.
type Budget struct {
	policy  Policy
	start   time.Time     // of the time without progress
	failed  int           // attempts since start
	counted int           // those of them that count against Policy.Retries
	delay   time.Duration // the next wait, before jitter
}

// New returns a budget of which nothing is spent. Its clock runs from now on.
func New(p Policy) *Budget {
	b := &Budget{policy: p}
	b.Reset()
	return b
}

// Reset says that progress was made, or that a new operation begins: attempts, waits and clock start again.
func (b *Budget) Reset() {
	b.start = time.Now()
	b.failed, b.counted = 0, 0
	b.delay = b.policy.Delay
}

// Attempts returns the number of attempts that have failed since the last Reset, whether or not they counted.
func (b *Budget) Attempts() int { return b.failed }

// Try returns a context for one attempt. It ends with the time without progress, and after half of that time at the
// latest, so that an attempt on a stalled connection leaves time for another. After the end of that time, when [Budget.Wait]
// allows no other attempt, it still has an eighth of it: for a last look at what became of an attempt. The cause of its
// end says so. The caller must call the CancelFunc.
func (b *Budget) Try(ctx context.Context) (context.Context, context.CancelFunc) {
	left := b.policy.Time - time.Since(b.start)
	if left <= 0 {
		left = b.policy.Time / 8
	}
	return context.WithTimeoutCause(ctx, min(left, b.policy.Time/2), errTryOver)
}

// Smaller says that the next attempt is a smaller one, since the last may have been too large for its time: that starts
// again, for what the last left on the way may hold up the next. Attempts count on, so it is for a few times only.
func (b *Budget) Smaller() { b.start = time.Now() }

// Patience is how long an attempt whose bytes can be seen to move may go on without that. The first two get a quarter of
// the time each, since a slow link may want less to be sent, which is known only after a try; the ones that follow get
// half of it, if so much is left. After the end of the time it is an eighth, as for Try.
func (b *Budget) Patience() time.Duration {
	left := b.policy.Time - time.Since(b.start)
	switch {
	case left <= 0:
		return b.policy.Time / 8
	case b.failed < 2:
		return min(left, b.policy.Time/4)
	default:
		return min(left, b.policy.Time/2)
	}
}

// Wait is called after an attempt failed with cause. It waits until the next attempt may be made and returns nil, or
// it returns an error at once if there is to be no other:
//
//   - [*ExhaustedError], wrapping cause, when the attempts or the time are spent, or when the time would be spent by
//     the end of the wait: waiting in vain helps nobody.
//   - An error that wraps both [context.Cause] of ctx and cause, when ctx has ended or ends during the wait.
//
// A wait is never shorter than what the service asked for, unless that is more than there is left: one answer that names
// a senseless time must not end an operation. It is read from cause, see [throttling]. The time in which
// the attempt's bytes moved isn't time without progress; that is read from cause, too, see [moving].
func (b *Budget) Wait(ctx context.Context, cause error) error {
	if ctx.Err() != nil {
		return interrupted(ctx, cause)
	}
	asked, busy := serviceAsks(cause)
	b.start = b.start.Add(moved(cause))
	b.failed++
	if !busy {
		b.counted++
	}
	elapsed := time.Since(b.start)
	wait := b.nextDelay()
	if asked < b.policy.Time-elapsed {
		wait = max(wait, asked)
	}
	if b.policy.Retries == 0 || b.counted > b.policy.Retries || elapsed+wait >= b.policy.Time {
		return &ExhaustedError{Attempts: b.failed, Elapsed: elapsed, Err: cause}
	}

	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return interrupted(ctx, cause)
	}
}

// nextDelay returns the wait of our own choosing and makes the next one longer.
func (b *Budget) nextDelay() time.Duration {
	planned := min(b.delay, b.policy.MaxDelay)
	b.delay = planned * growth
	jitter := 1 + spread*(2*rand.Float64()-1)
	return time.Duration(float64(planned) * jitter)
}

func interrupted(ctx context.Context, cause error) error {
	return fmt.Errorf("%w (last failure: %w)", context.Cause(ctx), cause)
}
