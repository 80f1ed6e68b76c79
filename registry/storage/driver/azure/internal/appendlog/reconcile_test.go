package appendlog

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
)

// TestReconcileComparesBytes has what a reconcile can find. The log trusts "ab" and appends "cde".
func TestReconcileComparesBytes(t *testing.T) {
	cases := []struct {
		name   string
		found  string
		want   string // stored in the end
		end    int64
		events []EventKind
	}{
		{"part of the block", "abc", "abcde", 5, []EventKind{Uncertain, Adopted, Appended}},
		{"the block", "abcde", "abcde", 5, []EventKind{Uncertain, Adopted}},
		{"more than the block", "abcdefg", "abcdefg", 5, []EventKind{Uncertain, Adopted}},
		{"other bytes", "abX", "abX", 2, []EventKind{Uncertain, Conflicted}},
		{"other bytes behind right ones", "abcX", "abcX", 2, []EventKind{Uncertain, Conflicted}},
		{"a shorter blob", "a", "a", 2, []EventKind{Uncertain, Conflicted}},
		{"an empty blob", "", "", 2, []EventKind{Uncertain, Conflicted}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newRig(t, "ab", &armedScript{})
			b.blob.stored = []byte(c.found)
			err := b.Append(t.Context(), []byte("cde"))
			b.wantStored(t, c.want, c.end)
			b.wantEvents(t, c.events...)

			conflict, isConflict := errors.AsType[*ConflictError](err)
			if c.end == 5 {
				if err != nil {
					t.Errorf("error %v, want none", err)
				}
				return
			}
			if !isConflict || !errors.Is(err, ErrCorruptedData) {
				t.Fatalf("error %v, want a ConflictError", err)
			}
			want := ConflictError{Path: "a/blob", Offset: 2, Length: 3, Stored: int64(len(c.found))}
			if *conflict != want {
				t.Errorf("conflict %+v, want %+v", *conflict, want)
			}
		})
	}
}

// TestLargerRequestLandsLate is an upload that was interrupted during a large block and is resumed in small ones.
func TestLargerRequestLandsLate(t *testing.T) {
	b := newRig(t, "ab", &armedScript{onAppend: []step{land}})
	b.blob.held = []request{{off: 2, p: []byte("cdefg")}}
	for _, p := range []string{"cd", "ef", "gh"} {
		if err := b.Append(t.Context(), []byte(p)); err != nil {
			t.Fatal(err)
		}
	}
	b.wantStored(t, "abcdefgh", 8)
	if err := b.Finish(); err != nil {
		t.Error(err)
	}
}

// TestLookIsRetried has a size and a read that fail for a while: only an answer tells what to send.
func TestLookIsRetried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "ab", &armedScript{
			onAppend: []step{answerLost},
			onSize:   []step{sizeFails, ok, sizeFails},
			onRead:   []step{readFails},
		})
		if err := b.Append(t.Context(), []byte("cde")); err != nil {
			t.Fatal(err)
		}
		b.wantStored(t, "abcde", 5)
		b.wantCalls(t, "append 3 bytes at 2", "size", "size", "read 3 bytes at 2", "size", "size", "read 3 bytes at 2")
	})
}

// lastingError is an error of the blob that no retry helps against.
type lastingError struct{ lasting bool }

func (e *lastingError) Error() string   { return "the blob doesn't exist" }
func (e *lastingError) Permanent() bool { return e.lasting }

// TestPermanentFailureToLookIsNotRetried also has errors that say that they aren't permanent.
func TestPermanentFailureToLookIsNotRetried(t *testing.T) {
	for _, call := range []call{sizeCall, readCall} {
		for _, lasting := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v fails, permanent %v", call, lasting), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newRig(t, "ab", &armedScript{onAppend: []step{answerLost}})
					cause := &lastingError{lasting}
					if call == sizeCall {
						b.blob.sizeErr = cause
					} else {
						b.blob.readErr = cause
					}
					err := b.Append(t.Context(), []byte("cde"))
					if !errors.Is(err, cause) {
						t.Errorf("error %v, want one that wraps %v", err, cause)
					}
					if _, spent := errors.AsType[*spentError](err); spent == lasting {
						t.Errorf("budget spent: %v, want %v", spent, !lasting)
					}
					b.wantStored(t, "abcde", 2)
				})
			})
		}
	}
}

// TestLargeBlockIsReadBackInPieces has a block of which a reconcile must not hold a second copy. The second piece
// can't be read at first; the first one stays verified.
func TestLargeBlockIsReadBackInPieces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newRig(t, "", &armedScript{onAppend: []step{answerLost}, onRead: []step{ok, readFails}})
		block := bytes.Repeat(alphabet, 3<<20/len(alphabet))
		if err := b.Append(t.Context(), block); err != nil {
			t.Fatal(err)
		}
		b.wantStored(t, string(block), int64(len(block)))
		b.wantEvents(t, Uncertain, Adopted, Adopted)
		reads := 0
		for _, d := range b.blob.trace {
			if d.call == readCall {
				reads++
				if d.length > 1<<20 {
					t.Errorf("%v: more than 1 MiB", d)
				}
			}
		}
		if reads != 4 {
			t.Errorf("%d reads, want 4: three pieces, one of them twice", reads)
		}
	})
}
