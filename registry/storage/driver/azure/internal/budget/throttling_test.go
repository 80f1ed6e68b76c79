package budget

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// busyError is what a service answers that says when to come back.
type busyError struct {
	after     time.Duration
	throttled bool
}

func (e *busyError) Error() string                     { return "come back later" }
func (e *busyError) RetryAfter() (time.Duration, bool) { return e.after, e.throttled }

func TestRetryAfterIsObeyed(t *testing.T) {
	policy := Policy{Retries: 5, Time: time.Hour, Delay: 10 * time.Second, MaxDelay: 20 * time.Second}
	cases := []struct {
		name    string
		cause   error
		planned time.Duration
		exact   bool
	}{
		{"longer than ours", &busyError{after: 5 * time.Minute}, 5 * time.Minute, true},
		{"longer than ours, in a wrapped error", fmt.Errorf("append: %w", &busyError{after: time.Minute}), time.Minute, true},
		{"longer than ours, in a joined error", errors.Join(errDown, &busyError{after: time.Minute}), time.Minute, true},
		{"shorter than ours", &busyError{after: time.Second}, 10 * time.Second, false},
		{"none", &busyError{throttled: true}, 10 * time.Second, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				waited, err := waitOf(t, New(policy), c.cause)
				switch {
				case err != nil:
					t.Error(err)
				case c.exact && waited != c.planned:
					t.Errorf("waited %v, want %v", waited, c.planned)
				case !c.exact:
					wantAbout(t, waited, c.planned)
				}
			})
		})
	}
}

// TestThrottlingForAMinuteDoesNotFail has a service that is busy for a minute and says so at once, far more often than
// there are retries.
func TestThrottlingForAMinuteDoesNotFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 2, Time: 2 * time.Minute, Delay: 100 * time.Millisecond, MaxDelay: 2 * time.Second})
		start := time.Now()
		for time.Since(start) < time.Minute {
			if err := b.Wait(t.Context(), &busyError{after: time.Second, throttled: true}); err != nil {
				t.Fatal(err)
			}
		}
		if b.Attempts() <= 20 {
			t.Errorf("%d attempts in a minute: the waits were too long to show anything", b.Attempts())
		}
		// The retries are all still there.
		for range 2 {
			if err := b.Wait(t.Context(), errDown); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Wait(t.Context(), errDown); err == nil {
			t.Error("a third retry was allowed")
		}
	})
}

// TestThrottlingForEverFails has a service that never gets better.
func TestThrottlingForEverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 2, Time: time.Minute, Delay: time.Second, MaxDelay: 4 * time.Second})
		busy := &busyError{throttled: true}
		start := time.Now()
		err := error(nil)
		for err == nil {
			err = b.Wait(t.Context(), busy)
		}
		if !errors.Is(err, busy) {
			t.Errorf("error %v, want one that wraps %v", err, busy)
		}
		if took := time.Since(start); took > time.Minute || took < time.Minute-5*time.Second {
			t.Errorf("gave up after %v, want a minute less the wait that didn't fit", took)
		}
	})
}

// TestThrottledAttemptIsNotRetriedWithoutRetries has an owner who wants no retry whatever the cause.
func TestThrottledAttemptIsNotRetriedWithoutRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Time: time.Minute, Delay: time.Second, MaxDelay: time.Second})
		waited, err := waitOf(t, b, &busyError{throttled: true})
		if err == nil || waited != 0 {
			t.Errorf("waited %v, error %v, want no wait and an error", waited, err)
		}
	})
}
