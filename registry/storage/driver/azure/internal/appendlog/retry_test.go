package appendlog

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// TestSpentBudgetFailsWithLastCause has storage that is gone for longer than the budget allows.
func TestSpentBudgetFailsWithLastCause(t *testing.T) {
	cases := []struct {
		name   string
		script armedScript
		last   error
	}{
		{"requests are lost", armedScript{onAppend: []step{requestLost, requestLost, requestLost, requestLost}}, errNoAnswer},
		{"bytes are damaged", armedScript{onAppend: []step{damaged, damaged, damaged, damaged}}, errDamaged},
		{"sizes fail", armedScript{
			onAppend: []step{answerLost}, onSize: []step{sizeFails, sizeFails, sizeFails, sizeFails}}, errSizeFails},
		{"reads fail", armedScript{
			onAppend: []step{answerLost}, onRead: []step{readFails, readFails, readFails, readFails}}, errReadFails},
		{"all of it", armedScript{
			onAppend: []step{requestLost, damaged, appliedLate}, onSize: []step{ok, sizeFails, land}, onRead: []step{readFails},
		}, errReadFails},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRig(t, "ab", &c.script)
				start := time.Now()
				err := b.Append(t.Context(), []byte("cde"))
				spent, isSpent := errors.AsType[*spentError](err)
				if !isSpent || !errors.Is(spent.last, c.last) {
					t.Fatalf("error %v, want a spent budget with %v", err, c.last)
				}
				if waited := time.Since(start); waited != 3*time.Second {
					t.Errorf("waited %v, want the three waits that the budget allows", waited)
				}
				if b.End() != 2 {
					t.Errorf("verified end %d, want 2", b.End())
				}
			})
		})
	}
}

// TestProgressResetsBudget has more faults than one block's budget allows, but never as many without progress.
func TestProgressResetsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "", &armedScript{
			onAppend: []step{
				requestLost, requestLost, requestLost, ok, // "abcd"
				requestLost, requestLost, requestLost, land, ok, requestLost, requestLost, requestLost, ok, // "efgh", "ef" first
				damaged, damaged, damaged, ok, // "ij"
			},
		})
		b.blob.held = []request{{off: 4, p: []byte("ef")}}
		for _, p := range []string{"abcd", "efgh", "ij"} {
			if err := b.Append(t.Context(), []byte(p)); err != nil {
				t.Fatal(err)
			}
		}
		b.wantStored(t, "abcdefghij", 10)
	})
}

// TestIdleTimeIsNotSpent has a client that takes an hour and more between two blocks.
func TestIdleTimeIsNotSpent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "", &armedScript{onAppend: []step{ok, requestLost}})
		for _, p := range []string{"abc", "def"} {
			if err := b.Append(t.Context(), []byte(p)); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * time.Hour)
		}
		b.wantStored(t, "abcdef", 6)
	})
}

// TestEveryPieceReadBackIsProgress has a large block whose reading back fails more often than the budget allows
// without progress.
func TestEveryPieceReadBackIsProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := []step{readFails, readFails, readFails, ok}
		b := newRig(t, "", &armedScript{onAppend: []step{answerLost}, onRead: slices.Repeat(fails, 3)})
		b.piece = 2
		if err := b.Append(t.Context(), []byte("abcdef")); err != nil {
			t.Fatal(err)
		}
		b.wantStored(t, "abcdef", 6)
	})
}

// TestBudgetIsToldTheServicesOwnError matters because a budget reads Retry-After from it: that of the answer that
// delays the next call, and no other.
func TestBudgetIsToldTheServicesOwnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "ab", &armedScript{
			onAppend: []step{requestLost, damaged, answerLost},
			onSize:   []step{sizeFails, ok, ok},
			onRead:   []step{readFails},
		})
		b.budget.retries = 4
		if err := b.Append(t.Context(), []byte("cde")); err != nil {
			t.Fatal(err)
		}
		want := []error{errSizeFails, errNoAnswer, errDamaged, errReadFails}
		if !slices.EqualFunc(b.budget.causes, want, errors.Is) {
			t.Errorf("the budget was told %q, want %q", b.budget.causes, want)
		}
	})
}
