package appendlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// step is one thing that a script lets happen at a call of a fakeBlob.
type step int

const (
	ok          step = iota // the call is carried out and answered
	requestLost             // an append never arrives
	answerLost              // an append is carried out, its answer never arrives
	appliedLate             // an append is held back: it may be carried out later, and more than once
	damaged                 // an append arrives with other bytes, and the service notices
	refused                 // an append is refused for good
	sizeFails               // a size isn't answered
	readFails               // a read isn't answered

	// These happen before the call is carried out; the script is asked again.
	foreignBytes  // somebody appends a byte that the stream has next, and one that it hasn't
	truncatedByte // somebody cuts off the last byte
	truncatedAll  // somebody replaces the blob with an empty one
	land          // land+i: held request i is carried out
)

var stepNames = []string{
	"ok", "request lost", "answer lost", "applied late", "damaged", "refused", "size fails", "read fails",
	"foreign bytes", "truncated by a byte", "truncated to nothing",
}

func (s step) String() string {
	if s >= land {
		return fmt.Sprintf("held request %d lands", s-land)
	}
	return stepNames[s]
}

// call names what a script is asked about.
type call int

const (
	appendCall call = iota
	sizeCall
	readCall
	openCall // not the protocol's: a writer asks where to resume
)

func (c call) String() string { return [...]string{"append", "size", "read", "open"}[c] }

// faultsOf lists, per call, the faults that may happen at it.
var faultsOf = [...][]step{
	appendCall: {requestLost, answerLost, appliedLate, damaged, refused, foreignBytes, truncatedByte, truncatedAll},
	sizeCall:   {sizeFails, foreignBytes, truncatedByte, truncatedAll},
	readCall:   {readFails, foreignBytes, truncatedByte, truncatedAll},
	openCall:   {},
}

// script decides what happens at a call. The options are all that can happen there, ok first, then the held requests
// that can land with effect, then the faults.
type script interface {
	pick(c call, options []step) step
}

// request is an append that was held back.
type request struct {
	off    int64
	p      []byte
	landed int
}

var (
	errNoAnswer  = errors.New("no answer")
	errDamaged   = errors.New("the service received other bytes than were sent")
	errPosition  = errors.New("the append position is another")
	errRefused   = errors.New("the service refuses")
	errRange     = errors.New("the range isn't stored")
	errSizeFails = errors.New("the size can't be had")
	errReadFails = errors.New("the bytes can't be read")
)

// anywhere is an offset that stands for an append without a position. The protocol never sends one; wrong ones do.
const anywhere = -1

// fakeBlob is an append blob in memory. Its script is its fault knobs; what is stored is the oracle.
type fakeBlob struct {
	stored  []byte
	stream  []byte // what the writers mean to store
	script  script
	held    []request
	changed func(by step) // called after every change of stored; may be nil
	looked  func()        // called when an append or a size is carried out; may be nil
	sizeErr error         // fails every size, if set
	readErr error         // fails every read, if set
	shrinks bool          // less fits after an append that wasn't answered
	fit     int           // what fits; 0 means anything
	trace   []traced
	options []step // reused
}

// traced is one decision of the script.
type traced struct {
	call   call
	off    int64
	length int
	step   step
}

func (d traced) String() string {
	if d.call == appendCall || d.call == readCall {
		return fmt.Sprintf("%v %d bytes at %d: %v", d.call, d.length, d.off, d.step)
	}
	return fmt.Sprintf("%v: %v", d.call, d.step)
}

// meet asks the script until it says how the call itself goes, and does what it wants done before.
func (f *fakeBlob) meet(c call, off int64, length int) step {
	for {
		s := f.script.pick(c, f.possible(c))
		f.trace = append(f.trace, traced{c, off, length, s})
		switch {
		case s >= land:
			f.held[s-land].landed++
			f.apply(s, f.held[s-land].p)
		case s == foreignBytes:
			f.apply(s, f.foreign())
		case s == truncatedByte:
			f.cut(s, max(0, len(f.stored)-1))
		case s == truncatedAll:
			f.cut(s, 0)
		default:
			return s
		}
	}
}

// possible lists what can happen now. A held request is listed if it would have an effect, and each effect once: one
// that carries its position lands as often as the position fits, one that doesn't lands twice at most.
func (f *fakeBlob) possible(c call) []step {
	f.options = append(f.options[:0], ok)
	for i, r := range f.held {
		fits := r.off == int64(len(f.stored)) || r.off == anywhere && r.landed < 2
		for _, s := range f.options[1:] {
			other := f.held[s-land]
			fits = fits && (other.off != r.off || !bytes.Equal(other.p, r.p))
		}
		if fits {
			f.options = append(f.options, land+step(i))
		}
	}
	for _, s := range faultsOf[c] {
		if s == truncatedByte && len(f.stored) < 2 || s == truncatedAll && len(f.stored) < 1 {
			continue
		}
		f.options = append(f.options, s)
	}
	return f.options
}

// foreign returns bytes that look right at first.
func (f *fakeBlob) foreign() []byte {
	if len(f.stored) < len(f.stream) {
		return []byte{f.stream[len(f.stored)], 0}
	}
	return []byte{0}
}

func (f *fakeBlob) apply(by step, p []byte) {
	f.stored = append(f.stored, p...)
	if f.changed != nil {
		f.changed(by)
	}
}

func (f *fakeBlob) cut(by step, length int) {
	f.stored = f.stored[:length]
	if f.changed != nil {
		f.changed(by)
	}
}

func (f *fakeBlob) look() {
	if f.looked != nil {
		f.looked()
	}
}

func (f *fakeBlob) Append(_ context.Context, off int64, p []byte, _ time.Duration) (Outcome, error) {
	s := f.meet(appendCall, off, len(p))
	f.shrink(s, len(p))
	f.look()
	switch s {
	case requestLost:
		return Unknown, errNoAnswer
	case appliedLate:
		f.held = append(f.held, request{off: off, p: p})
		return Unknown, errNoAnswer
	case damaged:
		return NotApplied, errDamaged
	case refused:
		return Refused, errRefused
	}
	if off != anywhere && off != int64(len(f.stored)) {
		if s == answerLost {
			return Unknown, errNoAnswer
		}
		return Unknown, errPosition
	}
	f.apply(s, p)
	if s == answerLost {
		return Unknown, errNoAnswer
	}
	return Applied, nil
}

func (f *fakeBlob) Size(context.Context) (int64, error) {
	if f.meet(sizeCall, 0, 0) == sizeFails {
		return 0, errSizeFails
	}
	f.look()
	return int64(len(f.stored)), f.sizeErr
}

func (f *fakeBlob) ReadAt(_ context.Context, p []byte, off int64, _ time.Duration) error {
	if f.meet(readCall, off, len(p)) == readFails {
		return errReadFails
	}
	if f.readErr != nil {
		return f.readErr
	}
	if off+int64(len(p)) > int64(len(f.stored)) {
		return errRange
	}
	copy(p, f.stored[off:])
	return nil
}

// Fit halves after each append that isn't answered, and doubles after each that is, if the fake shrinks.
func (f *fakeBlob) Fit(n int) int {
	if f.fit == 0 {
		return n
	}
	return min(n, f.fit)
}

// shrink lets an append of n bytes that went so decide what fits from now on.
func (f *fakeBlob) shrink(s step, n int) {
	switch {
	case !f.shrinks:
	case s == requestLost || s == answerLost || s == appliedLate:
		f.fit = max(1, n/2)
	case s == ok && f.fit > 0:
		f.fit *= 2
	}
}

// open returns the stored length, where a writer resumes.
func (f *fakeBlob) open() int64 {
	f.meet(openCall, 0, 0)
	return int64(len(f.stored))
}
