package appendlog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestOutcomes plays the rows of the package comment's table with one block.
func TestOutcomes(t *testing.T) {
	const (
		send     = "append 3 bytes at 2"
		size     = "size"
		readBack = "read 3 bytes at 2"
	)
	cases := []struct {
		name   string
		script armedScript
		err    error // nil: all is stored
		calls  []string
		events []EventKind
	}{
		{
			name:   "applied",
			calls:  []string{send},
			events: []EventKind{Appended},
		}, {
			name:   "unknown and landed is never sent again",
			script: armedScript{onAppend: []step{answerLost}},
			calls:  []string{send, size, readBack},
			events: []EventKind{Uncertain, Adopted},
		}, {
			name:   "unknown and not landed is sent again",
			script: armedScript{onAppend: []step{requestLost}},
			calls:  []string{send, size, send},
			events: []EventKind{Uncertain, Resending, Appended},
		}, {
			name:   "unknown and landing before the next attempt is adopted by way of its 412",
			script: armedScript{onAppend: []step{appliedLate, land}},
			calls:  []string{send, size, send, size, readBack},
			events: []EventKind{Uncertain, Resending, Uncertain, Adopted},
		}, {
			name:   "unknown and landing during the reconcile is adopted",
			script: armedScript{onAppend: []step{appliedLate}, onSize: []step{land}},
			calls:  []string{send, size, readBack},
			events: []EventKind{Uncertain, Adopted},
		}, {
			name:   "damaged is sent again without a look",
			script: armedScript{onAppend: []step{damaged, damaged}},
			calls:  []string{send, send, send},
			events: []EventKind{Damaged, Damaged, Appended},
		}, {
			name:   "refused fails at once",
			script: armedScript{onAppend: []step{refused}},
			err:    errRefused,
			calls:  []string{send},
			events: []EventKind{Failed},
		}, {
			name:   "refused after a damaged attempt fails at once",
			script: armedScript{onAppend: []step{damaged, refused}},
			err:    errRefused,
			calls:  []string{send, send},
			events: []EventKind{Damaged, Failed},
		}, {
			name:   "refused after an attempt that landed late is adopted",
			script: armedScript{onAppend: []step{appliedLate, refused}, onSize: []step{ok, land}},
			calls:  []string{send, size, send, size, readBack},
			events: []EventKind{Uncertain, Resending, Adopted},
		}, {
			name:   "refused after an attempt that never landed fails",
			script: armedScript{onAppend: []step{requestLost, refused}},
			err:    errRefused,
			calls:  []string{send, size, send, size},
			events: []EventKind{Uncertain, Resending, Failed},
		}, {
			name:   "refused after an attempt that can't be looked for fails as refused",
			script: armedScript{onAppend: []step{requestLost, refused}, onSize: []step{ok, sizeFails}},
			err:    errRefused,
			calls:  []string{send, size, send, size},
			events: []EventKind{Uncertain, Resending, Failed},
		}, {
			name:   "refused after somebody else wrote is a conflict",
			script: armedScript{onAppend: []step{requestLost, foreignBytes, refused}},
			err:    ErrCorruptedData,
			calls:  []string{send, size, send, size, "read 2 bytes at 2"},
			events: []EventKind{Uncertain, Resending, Conflicted},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRig(t, "ab", &c.script)
				err := b.Append(t.Context(), []byte("cde"))
				b.wantCalls(t, c.calls...)
				b.wantEvents(t, c.events...)
				if !errors.Is(err, c.err) {
					t.Errorf("error %v, want %v", err, c.err)
				}
				if err == nil {
					b.wantStored(t, "abcde", 5)
				} else if b.End() != 2 {
					t.Errorf("verified end %d, want 2", b.End())
				}
			})
		})
	}
}

// answeringBlob answers every append alike, and holds nothing.
type answeringBlob struct {
	fakeBlob
	outcome Outcome
	err     error
}

func (b *answeringBlob) Append(context.Context, int64, []byte, time.Duration) (Outcome, error) {
	return b.outcome, b.err
}

// TestContradictingAnswersAreNotBelieved has answers that a Blob must not give.
func TestContradictingAnswersAreNotBelieved(t *testing.T) {
	cases := []struct {
		name    string
		outcome Outcome
		err     error
		want    error
	}{
		{"applied with an error", Applied, errNoAnswer, errNoAnswer},
		{"refused without an error", Refused, nil, errUnconfirmed},
		{"not applied without an error", NotApplied, nil, errUnconfirmed},
		{"unknown without an error", Unknown, nil, errUnconfirmed},
		{"an outcome that there isn't", Outcome(17), nil, errUnconfirmed},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			blob := &answeringBlob{outcome: c.outcome, err: c.err, fakeBlob: fakeBlob{script: &armedScript{}}}
			l := New(blob, "a/blob", 0, &countingBudget{}, nil)
			if err := l.Append(t.Context(), []byte("abc")); !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v", err, c.want)
			}
			if l.End() != 0 {
				t.Errorf("verified end %d, want 0", l.End())
			}
		})
	}
}

func TestOutcomeNames(t *testing.T) {
	for o, want := range map[Outcome]string{
		Unknown: "unknown", Applied: "applied", NotApplied: "not applied", Refused: "refused", 17: "Outcome(17)",
	} {
		if o.String() != want {
			t.Errorf("outcome %d is named %q, want %q", int(o), o, want)
		}
	}
}
