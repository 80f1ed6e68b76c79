package appendlog

import (
	"slices"
	"testing"
	"testing/synctest"
)

// TestLessIsSentAfterATimeout plays a slow link: what doesn't fit is sent in parts, each at the verified end.
func TestLessIsSentAfterATimeout(t *testing.T) {
	cases := []struct {
		name   string
		script armedScript
		calls  []string
		events []EventKind
	}{
		{
			name:   "nothing landed",
			script: armedScript{onAppend: []step{requestLost}},
			calls:  []string{"append 8 bytes at 2", "size", "append 4 bytes at 2", "append 4 bytes at 6"},
			events: []EventKind{Uncertain, Resending, Appended, Appended},
		}, {
			name:   "nothing landed, twice",
			script: armedScript{onAppend: []step{requestLost, requestLost}},
			calls: []string{
				"append 8 bytes at 2", "size", "append 4 bytes at 2", "size", "append 2 bytes at 2", "append 4 bytes at 4",
				"append 2 bytes at 8",
			},
			events: []EventKind{Uncertain, Resending, Uncertain, Resending, Appended, Appended, Appended},
		}, {
			name:   "all of it lands before the part",
			script: armedScript{onAppend: []step{appliedLate, land}},
			calls:  []string{"append 8 bytes at 2", "size", "append 4 bytes at 2", "size", "read 8 bytes at 2"},
			events: []EventKind{Uncertain, Resending, Uncertain, Adopted},
		}, {
			name:   "the part landed, its answer didn't",
			script: armedScript{onAppend: []step{requestLost, answerLost}},
			calls: []string{
				"append 8 bytes at 2", "size", "append 4 bytes at 2", "size", "read 4 bytes at 2", "append 2 bytes at 6",
				"append 2 bytes at 8",
			},
			events: []EventKind{Uncertain, Resending, Uncertain, Adopted, Appended, Appended},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRig(t, "ab", &c.script)
				b.blob.shrinks = true
				if err := b.Append(t.Context(), []byte("cdefghij")); err != nil {
					t.Fatal(err)
				}
				b.wantStored(t, "abcdefghij", 10)
				b.wantCalls(t, c.calls...)
				b.wantEvents(t, c.events...)
			})
		})
	}
}

// TestAppendedTellsWhatWasSent matters for the series: bytes that are yet to be sent aren't stored.
func TestAppendedTellsWhatWasSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "", &armedScript{onAppend: []step{requestLost}})
		b.blob.shrinks = true
		if err := b.Append(t.Context(), []byte("abcde")); err != nil {
			t.Fatal(err)
		}
		var appended []int
		for _, e := range b.events {
			if e.Kind == Appended {
				appended = append(appended, e.Length)
			}
		}
		if want := []int{2, 3}; !slices.Equal(appended, want) {
			t.Errorf("%v bytes were appended, want %v", appended, want)
		}
	})
}
