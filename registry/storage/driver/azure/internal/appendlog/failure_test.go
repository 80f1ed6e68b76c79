package appendlog

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestErrorsAreSticky has a log that failed: what is appended later must not be stored behind a hole.
func TestErrorsAreSticky(t *testing.T) {
	b := newRig(t, "ab", &armedScript{onAppend: []step{refused}})
	first := b.Append(t.Context(), []byte("cde"))
	if first == nil || b.Err() != first {
		t.Fatalf("Append returned %v, then Err %v", first, b.Err())
	}
	calls := len(b.blob.trace)
	for range 2 {
		if err := b.Append(t.Context(), []byte("fgh")); err != first {
			t.Errorf("the next Append returned %v, want %v", err, first)
		}
		if err := b.Append(t.Context(), nil); err != first {
			t.Errorf("an empty Append returned %v, want %v", err, first)
		}
		if err := b.Finish(); err != first {
			t.Errorf("Finish returned %v, want %v", err, first)
		}
	}
	if len(b.blob.trace) != calls {
		t.Error("a failed log called the blob")
	}
	b.wantEvents(t, Failed)
	b.wantStored(t, "ab", 2)
}

// TestErrorsNameBlobAndBytes checks what a person gets to read.
func TestErrorsNameBlobAndBytes(t *testing.T) {
	cases := []struct {
		name   string
		stored string
		script armedScript
		want   string
	}{
		{"refused", "ab", armedScript{onAppend: []step{refused}},
			"append 3 bytes to a/blob at offset 2: the service refuses"},
		{"budget spent after part of the block", "abc",
			armedScript{onAppend: []step{ok, requestLost, requestLost, requestLost, requestLost}},
			"append 2 bytes to a/blob at offset 3: budget spent: no answer"},
		{"no size", "ab",
			armedScript{onAppend: []step{requestLost}, onSize: []step{sizeFails, sizeFails, sizeFails, sizeFails}},
			"append 3 bytes to a/blob at offset 2: budget spent: get the stored length: the size can't be had, after no answer"},
		{"no read", "ab",
			armedScript{onAppend: []step{answerLost}, onRead: []step{readFails, readFails, readFails, readFails}},
			"append 3 bytes to a/blob at offset 2: budget spent: read back 3 bytes at offset 2: the bytes can't be read, after no answer"},
		{"shorter", "a", armedScript{},
			"append 3 bytes to a/blob at offset 2: the stored bytes are not the bytes that were written: " +
				"1 bytes are stored, that is shorter than the verified end"},
		{"other bytes", "abX", armedScript{},
			"append 3 bytes to a/blob at offset 2: the stored bytes are not the bytes that were written: " +
				"3 bytes are stored, other bytes are found at the offset"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newRig(t, "ab", &c.script)
				b.blob.stored = []byte(c.stored)
				err := b.Append(t.Context(), []byte("cde"))
				if err == nil || err.Error() != c.want {
					t.Errorf("error\n%v, want\n%s", err, c.want)
				}
			})
		})
	}
}

// TestEndOfContext has contexts that end before, during and between calls of the blob.
func TestEndOfContext(t *testing.T) {
	gone := errors.New("the client has gone")
	cases := []struct {
		name   string
		script armedScript
		at     call // the context ends when this call is made, the nth
		nth    int
		stored string
		last   error // the failure before, wrapped too
	}{
		{"before the first call", armedScript{}, openCall, 0, "ab", nil},
		{"during an append that landed", armedScript{onAppend: []step{answerLost}}, appendCall, 1, "abcde", errNoAnswer},
		{"during an append that was lost", armedScript{onAppend: []step{requestLost}}, appendCall, 1, "ab", errNoAnswer},
		{"during a size", armedScript{onAppend: []step{answerLost}, onSize: []step{sizeFails}}, sizeCall, 1, "abcde", errSizeFails},
		{"during a read", armedScript{onAppend: []step{answerLost}, onRead: []step{readFails}}, readCall, 1, "abcde", errReadFails},
		{"after part of the block was adopted", armedScript{onAppend: []step{land}}, readCall, 1, "abc", nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				defer cancel(nil)
				b := newRig(t, "ab", &c.script)
				b.blob.held = []request{{off: 2, p: []byte("c")}}
				b.blob.script = &cancellingScript{script: b.blob.script, at: c.at, nth: c.nth, cancel: func() { cancel(gone) }}
				if c.nth == 0 {
					cancel(gone)
				}
				err := b.Append(ctx, []byte("cde"))
				if !errors.Is(err, gone) || c.last != nil && !errors.Is(err, c.last) {
					t.Errorf("error %v, want one that wraps %v and %v", err, gone, c.last)
				}
				if err == nil || !strings.HasPrefix(err.Error(), "append ") {
					t.Errorf("error %v doesn't say what was being done", err)
				}
				if b.Append(t.Context(), []byte("x")) != err {
					t.Error("the error isn't sticky")
				}
				if string(b.blob.stored) != c.stored {
					t.Errorf("stored %q, want %q", b.blob.stored, c.stored)
				}
			})
		})
	}
}

// cancellingScript ends a context at the nth call of a kind.
type cancellingScript struct {
	script
	at     call
	nth    int
	cancel func()
}

func (s *cancellingScript) pick(c call, options []step) step {
	if c == s.at {
		if s.nth--; s.nth == 0 {
			s.cancel()
		}
	}
	return s.script.pick(c, options)
}

// TestEndOfContextDuringWait also shows that bytes in flight may land after that, and that a resumed log adopts them.
func TestEndOfContextDuringWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		b := newRig(t, "ab", &armedScript{onAppend: []step{appliedLate, appliedLate, land, ok}})
		err := b.Append(ctx, []byte("cde"))
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, errNoAnswer) {
			t.Errorf("error %v, want the context's and the last failure", err)
		}
		b.wantStored(t, "ab", 2)

		resumed := New(b.blob, "a/blob", b.End(), &countingBudget{}, nil)
		if err := resumed.Append(t.Context(), []byte("cdef")); err != nil {
			t.Error(err)
		}
		b.wantStored(t, "abcdef", 2)
	})
}
