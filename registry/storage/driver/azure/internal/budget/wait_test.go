package budget

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errDown = errors.New("the storage is down")

// waitOf returns how long Wait waits after an attempt that failed with cause, and what it returns.
func waitOf(t *testing.T, b *Budget, cause error) (time.Duration, error) {
	t.Helper()
	start := time.Now()
	err := b.Wait(t.Context(), cause)
	return time.Since(start), err
}

// wantAbout fails the test unless a wait is as planned, give or take 20 %.
func wantAbout(t *testing.T, got, planned time.Duration) {
	t.Helper()
	if got < planned*8/10 || got > planned*12/10 {
		t.Errorf("waited %v, want %v give or take 20 %%", got, planned)
	}
}

func TestWaitsGrowUpToMaxDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 10, Time: time.Hour, Delay: time.Second, MaxDelay: 20 * time.Second})
		for _, planned := range []time.Duration{1, 3, 9, 20, 20, 20} {
			waited, err := waitOf(t, b, errDown)
			if err != nil {
				t.Fatal(err)
			}
			wantAbout(t, waited, planned*time.Second)
		}
	})
}

// TestWaitsDiffer matters because clients that failed together must not come back together.
func TestWaitsDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := make(map[time.Duration]bool)
		for range 100 {
			b := New(Policy{Retries: 1, Time: time.Hour, Delay: time.Second, MaxDelay: time.Second})
			waited, err := waitOf(t, b, errDown)
			if err != nil {
				t.Fatal(err)
			}
			wantAbout(t, waited, time.Second)
			waits[waited] = true
		}
		if len(waits) < 50 {
			t.Errorf("100 waits had only %d lengths", len(waits))
		}
	})
}

func TestFirstDelayIsNeverMoreThanMaxDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 1, Time: time.Hour, Delay: time.Minute, MaxDelay: time.Second})
		waited, err := waitOf(t, b, errDown)
		if err != nil {
			t.Fatal(err)
		}
		wantAbout(t, waited, time.Second)
	})
}

func TestNoDelayMeansNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 3, Time: time.Hour})
		for range 3 {
			if waited, err := waitOf(t, b, errDown); err != nil || waited != 0 {
				t.Errorf("waited %v, error %v, want neither", waited, err)
			}
		}
	})
}

func TestProgressStartsWaitsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 2, Time: time.Hour, Delay: time.Second, MaxDelay: time.Minute})
		for range 3 {
			for _, planned := range []time.Duration{1, 3} {
				waited, err := waitOf(t, b, errDown)
				if err != nil {
					t.Fatal(err)
				}
				wantAbout(t, waited, planned*time.Second)
			}
			if b.Attempts() != 2 {
				t.Errorf("%d attempts, want 2", b.Attempts())
			}
			b.Reset()
			if b.Attempts() != 0 {
				t.Errorf("%d attempts after Reset, want 0", b.Attempts())
			}
		}
	})
}
