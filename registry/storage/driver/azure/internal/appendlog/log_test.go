package appendlog

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

// TestBlocksFollowEachOther is an upload without a fault: it takes one call per block.
func TestBlocksFollowEachOther(t *testing.T) {
	b := newRig(t, "", &armedScript{})
	for _, p := range []string{"abc", "", "d", "ef"} {
		if err := b.Append(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.Finish(); err != nil {
		t.Error(err)
	}
	b.wantStored(t, "abcdef", 6)
	b.wantCalls(t, "append 3 bytes at 0", "append 1 bytes at 3", "append 2 bytes at 4")
	if b.Err() != nil {
		t.Errorf("Err is %v", b.Err())
	}
}

// TestFinish has bytes beyond the end that a reconcile saw.
func TestFinish(t *testing.T) {
	cutShort := []step{ok, truncatedByte, truncatedByte, requestLost}
	cases := []struct {
		name   string
		blocks []string
		then   []step
		stored int64 // beyond the end, as the error has it; 0: no error
	}{
		{"never reached", []string{"cd"}, nil, 6},
		{"not quite reached", []string{"cd", "e"}, nil, 6},
		{"not reached, and seen shorter later", []string{"cd", "e"}, cutShort, 6},
		{"just reached", []string{"cd", "ef"}, nil, 0},
		{"passed", []string{"cd", "efg"}, nil, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRig(t, "ab", &armedScript{onAppend: append([]step{land}, c.then...)})
				b.blob.held = []request{{off: 2, p: []byte("cdef")}}
				for _, p := range c.blocks {
					if err := b.Append(t.Context(), []byte(p)); err != nil {
						t.Fatal(err)
					}
				}
				err := b.Finish()
				if c.stored == 0 {
					if err != nil {
						t.Errorf("error %v, want none", err)
					}
					return
				}
				conflict, isConflict := errors.AsType[*ConflictError](err)
				if !isConflict || *conflict != (ConflictError{Path: "a/blob", Offset: b.End(), Stored: c.stored}) {
					t.Errorf("error %#v, want a ConflictError about %d stored bytes", err, c.stored)
				}
				if !errors.Is(err, ErrCorruptedData) || b.Err() != err {
					t.Errorf("error %v isn't ErrCorruptedData, or isn't kept", err)
				}
			})
		})
	}
}

// TestFinishSaysWhatIsWrong checks what a person gets to read.
func TestFinishSaysWhatIsWrong(t *testing.T) {
	err := &ConflictError{Path: "a/blob", Offset: 5, Stored: 7}
	const want = "finish a/blob at offset 5: the stored bytes are not the bytes that were written: " +
		"7 bytes are stored, more than were written"
	if err.Error() != want {
		t.Errorf("message\n%s, want\n%s", err, want)
	}
}

// TestEvents checks what a log line or a metric gets to know.
func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "ab", &armedScript{onAppend: []step{requestLost, land, ok, damaged, ok, refused}})
		b.blob.held = []request{{off: 2, p: []byte("c")}}
		if err := b.Append(t.Context(), []byte("cde")); err != nil {
			t.Fatal(err)
		}
		err := b.Append(t.Context(), []byte("fg"))

		want := []Event{
			{Uncertain, 2, 3, -1, 1, errNoAnswer},
			{Resending, 2, 3, 2, 1, errNoAnswer},
			{Uncertain, 2, 3, 2, 2, errPosition},
			{Adopted, 2, 1, 3, 2, errPosition},
			{Damaged, 3, 2, 3, 1, errDamaged},
			{Appended, 3, 2, 3, 2, nil},
			{Failed, 5, 2, -1, 1, err},
		}
		if !slices.Equal(b.events, want) {
			t.Errorf("events\n%+v, want\n%+v", b.events, want)
		}
	})
}

func TestEventKindNames(t *testing.T) {
	want := []string{"appended", "uncertain", "damaged", "adopted", "resending", "conflicted", "failed", "EventKind(7)"}
	for i, name := range want {
		if got := EventKind(i).String(); got != name {
			t.Errorf("event kind %d is named %q, want %q", i, got, name)
		}
	}
}

// TestEndAndErrDuringAppend is for the race detector: a writer's Size asks while a block is on its way.
func TestEndAndErrDuringAppend(t *testing.T) {
	b := newRig(t, "", &armedScript{})
	done := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for last := int64(0); ; {
			end := b.End()
			if end < last || b.Err() != nil {
				t.Errorf("end %d after %d, error %v", end, last, b.Err())
			}
			last = end
			select {
			case <-done:
				return
			default:
			}
		}
	})
	for i := range alphabet {
		if err := b.Append(t.Context(), alphabet[i:i+1]); err != nil {
			t.Error(err)
		}
	}
	close(done)
	asking.Wait()
	b.wantStored(t, string(alphabet), int64(len(alphabet)))
}
