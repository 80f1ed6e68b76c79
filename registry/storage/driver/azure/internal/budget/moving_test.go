package budget

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// movedError is the error of an attempt whose bytes moved for so long.
type movedError time.Duration

func (e movedError) Error() string        { return "stalled in the end" }
func (e movedError) Moved() time.Duration { return time.Duration(e) }

// TestMovingTakesNoTime has attempts that each move for longer than the whole budget, and then stall.
func TestMovingTakesNoTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 3, Time: time.Minute, Delay: time.Second, MaxDelay: time.Second})
		for range 3 {
			time.Sleep(10*time.Minute + 5*time.Second)
			if err := b.Wait(t.Context(), fmt.Errorf("append: %w", movedError(10*time.Minute))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(10 * time.Minute)
		_, err := waitOf(t, b, movedError(10*time.Minute))
		if _, ok := errors.AsType[*ExhaustedError](err); !ok {
			t.Errorf("error %v: bytes that move in vain are sent for ever", err)
		}
	})
}

// TestPatienceLeavesTimeForLess: two attempts that were too large leave time for others.
func TestPatienceLeavesTimeForLess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := New(Policy{Retries: 5, Time: 40 * time.Second, Delay: time.Millisecond, MaxDelay: time.Millisecond})
		for i, want := range []time.Duration{10 * time.Second, 10 * time.Second, 20 * time.Second} {
			got := b.Patience()
			if got > want || got < want-time.Second {
				t.Errorf("attempt %d has patience for %v, want %v", i+1, got, want)
			}
			time.Sleep(got - 10*time.Millisecond)
			if err := b.Wait(t.Context(), errDown); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		if got := b.Patience(); got != 5*time.Second {
			t.Errorf("a last look has patience for %v", got)
		}
	})
}
