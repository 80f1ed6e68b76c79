package budget

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetriesAreCounted(t *testing.T) {
	for _, retries := range []int{0, 1, 5} {
		synctest.Test(t, func(t *testing.T) {
			b := New(Policy{Retries: retries, Time: time.Hour, Delay: time.Second, MaxDelay: time.Second})
			start := time.Now()
			for range retries {
				if err := b.Wait(t.Context(), errDown); err != nil {
					t.Fatalf("%d retries: %v", retries, err)
				}
			}
			elapsed := time.Since(start)
			waited, err := waitOf(t, b, errDown)
			spent, ok := errors.AsType[*ExhaustedError](err)
			if !ok {
				t.Fatalf("%d retries: error %v, want an ExhaustedError", retries, err)
			}
			if want := (ExhaustedError{Attempts: retries + 1, Elapsed: elapsed, Err: errDown}); *spent != want {
				t.Errorf("%d retries: %+v, want %+v", retries, *spent, want)
			}
			if waited != 0 {
				t.Errorf("%d retries: waited %v before giving up", retries, waited)
			}
		})
	}
}

// TestDeadStorageHoldsNobodyForEver has attempts that each take as long as their timeout.
func TestDeadStorageHoldsNobodyForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 1000, Time: 5 * time.Minute, Delay: time.Second, MaxDelay: 10 * time.Second})
		start := time.Now()
		err := error(nil)
		for err == nil {
			try, cancel := b.Try(t.Context())
			select {
			case <-time.After(time.Minute):
			case <-try.Done():
			}
			cancel()
			err = b.Wait(t.Context(), errDown)
		}
		if took := time.Since(start); took > 5*time.Minute || took < 4*time.Minute {
			t.Errorf("gave up after %v, want about five minutes and not more", took)
		}
	})
}

// TestNobodyWaitsInVain has a wait that would end when the time is spent, or later.
func TestNobodyWaitsInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 5, Time: time.Minute, Delay: 2 * time.Minute, MaxDelay: 2 * time.Minute})
		waited, err := waitOf(t, b, errDown)
		if _, ok := errors.AsType[*ExhaustedError](err); !ok || waited != 0 {
			t.Errorf("waited %v, error %v, want an ExhaustedError at once", waited, err)
		}
	})
}

// TestRetryAfterTheBudgetEndsNothing has a service that names a time later than anybody waits (issue 11: the year 9999).
func TestRetryAfterTheBudgetEndsNothing(t *testing.T) {
	for _, after := range []time.Duration{time.Minute, time.Hour, math.MaxInt64} {
		synctest.Test(t, func(t *testing.T) {
			b := New(Policy{Retries: 5, Time: time.Minute, Delay: time.Second, MaxDelay: time.Second})
			waited, err := waitOf(t, b, &busyError{after: after, throttled: true})
			if err != nil {
				t.Fatalf("Retry-After %v: %v", after, err)
			}
			wantAbout(t, waited, time.Second)
		})
	}
}

// TestTryLeavesTimeForOthers has attempts on a connection that stalled.
func TestTryLeavesTimeForOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 5, Time: time.Minute, Delay: time.Second, MaxDelay: time.Second})
		stalled := func(limit time.Duration) {
			t.Helper()
			start := time.Now()
			try, cancel := b.Try(t.Context())
			defer cancel()
			<-try.Done()
			if got := time.Since(start); got != limit {
				t.Errorf("the attempt was cut after %v, want %v", got, limit)
			}
			if !errors.Is(try.Err(), context.DeadlineExceeded) || !errors.Is(context.Cause(try), errTryOver) {
				t.Errorf("the context ended with %v, cause %v", try.Err(), context.Cause(try))
			}
		}
		time.Sleep(10 * time.Second)
		stalled(30 * time.Second)        // half of all
		stalled(20 * time.Second)        // the rest
		stalled(7500 * time.Millisecond) // a last look
		b.Reset()
		stalled(30 * time.Second)
	})
}

func TestTryKeepsTheEarlierEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		try, cancelTry := New(Policy{Time: time.Minute}).Try(ctx)
		defer cancelTry()
		<-try.Done()
		if errors.Is(context.Cause(try), errTryOver) {
			t.Error("the caller's own deadline is taken for a spent budget")
		}
	})
}

func TestWaitEndsWithTheContext(t *testing.T) {
	gone := errors.New("the client has gone")
	for _, after := range []time.Duration{0, 7 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			b := New(Policy{Retries: 5, Time: time.Hour, Delay: time.Minute, MaxDelay: time.Minute})
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			if after == 0 {
				cancel(gone)
			} else {
				time.AfterFunc(after, func() { cancel(gone) })
			}
			start := time.Now()
			err := b.Wait(ctx, errDown)
			if !errors.Is(err, gone) || !errors.Is(err, errDown) {
				t.Errorf("error %v, want one that wraps %v and %v", err, gone, errDown)
			}
			if took := time.Since(start); took != after {
				t.Errorf("returned after %v, want %v", took, after)
			}
		})
	}
}

// TestEndOfContextComesFirst has a client that has gone when the budget is spent, too: that is what the caller must know.
func TestEndOfContextComesFirst(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := New(Policy{Time: time.Minute}).Wait(ctx, errDown)
	if _, ok := errors.AsType[*ExhaustedError](err); ok || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want the context's", err)
	}
}

func TestExhaustedErrorSaysHowMuchWasTried(t *testing.T) {
	for want, err := range map[string]*ExhaustedError{
		"gave up after 1 attempt in 0s without progress: the storage is down": {
			Attempts: 1, Err: errDown},
		"gave up after 6 attempts in 1m30.5s without progress: the storage is down": {
			Attempts: 6, Elapsed: 90*time.Second + 500*time.Millisecond, Err: errDown},
	} {
		if err.Error() != want {
			t.Errorf("message\n%s, want\n%s", err, want)
		}
	}
}
