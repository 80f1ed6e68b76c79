package appendlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// writer is what an upload needs of a Log. The wrong protocols that the oracle must catch are writers, too.
type writer interface {
	Append(ctx context.Context, p []byte) error
	Finish() error
	End() int64
}

// protocol makes a writer that goes on at end.
type protocol func(blob Blob, end int64, b Budget) writer

// rightProtocol is the one under test. It reads back so few bytes at a time that a block takes several pieces.
func rightProtocol(piece int) protocol {
	return func(blob Blob, end int64, b Budget) writer {
		l := New(blob, "upload", end, b, nil)
		l.piece = piece
		return l
	}
}

// alphabet is what uploads store the beginning of: no byte twice, none that is 0.
var alphabet = []byte("abcdefghijklmnopqrstuvwxyz")

// shape says how a stream is cut into blocks, and how patient its writers are.
type shape struct {
	blocks  []int // sizes of the first writer's blocks; they add up to the stream
	resumed int   // size of every later writer's blocks
	retries int   // of each writer, without progress
	shrinks bool  // less is sent after an append that wasn't answered
}

// upload is one upload of a stream under a script: by a first writer and, after each that fails, by another one that
// resumes at the stored length. It holds the oracle.
type upload struct {
	shape
	open    protocol
	blob    *fakeBlob
	writer  writer
	started int // length of the trace when the writer was opened

	// What somebody else did to the blob since then.
	tampered bool // anything
	hidden   bool // bytes were put below the end that the writer had verified
	unseen   bool // bytes were appended after the writer last looked
	broken   error
}

func newUpload(open protocol, s script, sh shape) *upload {
	total := 0
	for _, n := range sh.blocks {
		total += n
	}
	u := &upload{shape: sh, open: open}
	u.blob = &fakeBlob{stream: alphabet[:total], script: s, shrinks: sh.shrinks, changed: u.changed, looked: func() { u.unseen = false }}
	return u
}

// rewind makes everything new. It keeps the memory: there are many schedules.
func (u *upload) rewind() {
	b := u.blob
	b.stored, b.held, b.trace = b.stored[:0], b.held[:0], b.trace[:0]
	b.fit = 0
	u.broken = nil
}

// run uploads, with as many writers as it takes. It returns an error if a promise of the protocol was broken.
func (u *upload) run(ctx context.Context) error {
	u.resume()
	for {
		err := u.write(ctx)
		switch {
		case u.broken != nil:
			return u.broken
		case err == nil:
			return u.afterSuccess()
		}
		if broken := u.afterFailure(err); broken != nil {
			return broken
		}
		if errors.Is(err, ErrCorruptedData) || !u.resume() {
			return u.broken
		}
	}
}

// resume opens a writer at the stored length. It returns false if what is stored is wrong already: that was
// tampering that the last writer didn't notice, but it didn't call it a success either.
func (u *upload) resume() bool {
	end := u.blob.open()
	if !bytes.HasPrefix(u.blob.stream, u.blob.stored) {
		return false
	}
	u.tampered, u.hidden, u.unseen = false, false, false
	u.started = len(u.blob.trace)
	u.writer = u.open(u.blob, end, &countingBudget{retries: u.retries})
	return true
}

// write appends what the writer has to append, block by block.
func (u *upload) write(ctx context.Context) error {
	rest := u.blob.stream[u.writer.End():]
	for i := 0; len(rest) > 0; i++ {
		n := min(u.resumed, len(rest))
		if u.started == 1 { // the first writer: nothing but its open has happened
			n = u.blocks[i]
		}
		if err := u.writer.Append(ctx, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return u.writer.Finish()
}

// changed is the oracle after every change of what is stored.
func (u *upload) changed(by step) {
	switch by {
	case foreignBytes:
		u.tampered, u.unseen = true, true
		u.hidden = u.hidden || int64(len(u.blob.stored)) <= u.writer.End()
	case truncatedByte, truncatedAll:
		u.tampered = true
	}
	if !u.tampered && u.broken == nil && !bytes.HasPrefix(u.blob.stream, u.blob.stored) {
		u.broken = fmt.Errorf("stored %q is no prefix of the stream %q", u.blob.stored, u.blob.stream)
	}
}

// afterSuccess is the oracle after a writer has finished: what is stored is the stream, and stays so whatever lands
// late. The two things that nobody can see without reading everything again are left out: bytes of somebody else that
// took the place of verified ones, and those that follow the stream since the writer's last look.
func (u *upload) afterSuccess() error {
	for range u.blob.held {
		for i, r := range u.blob.held {
			if r.off == int64(len(u.blob.stored)) || r.off == anywhere {
				u.blob.apply(land+step(i), r.p)
			}
		}
	}
	switch {
	case u.broken != nil:
		return u.broken
	case u.hidden:
		return nil
	case u.unseen && bytes.HasPrefix(u.blob.stored, u.blob.stream):
		return nil
	case !bytes.Equal(u.blob.stored, u.blob.stream):
		return fmt.Errorf("finished, but %q is stored instead of %q", u.blob.stored, u.blob.stream)
	}
	return nil
}

// afterFailure is the oracle after a writer has failed with err: what it verified is stored, only tampering is called
// corruption, and without a refusal a writer fails for no other reason than that its retries are used up.
func (u *upload) afterFailure(err error) error {
	if end := u.writer.End(); !u.tampered && end > int64(len(u.blob.stored)) {
		return fmt.Errorf("the verified end is %d, but %q is stored", end, u.blob.stored)
	}
	corrupted := errors.Is(err, ErrCorruptedData)
	if corrupted && !u.tampered {
		return fmt.Errorf("nobody else wrote, but: %w", err)
	}
	faults := 0
	for _, d := range u.blob.trace[u.started:] {
		if d.step == refused {
			return nil
		}
		switch {
		case slices.Contains(tampering, d.step):
			faults += 2 // a read that finds nothing where the size promised bytes, and a reconcile that finds no progress
		case d.step != ok && d.step < land:
			faults++
		}
	}
	if faults <= u.retries && !corrupted {
		return fmt.Errorf("no more than %d attempts in vain and %d retries, but: %w", faults, u.retries, err)
	}
	return nil
}

// steps tells what happened, a line per call.
func (u *upload) steps() string {
	var b strings.Builder
	fmt.Fprintf(&b, "   %+v\n", u.shape)
	for _, d := range u.blob.trace {
		fmt.Fprintln(&b, "  ", d)
	}
	fmt.Fprintf(&b, "   stored: %q\n", u.blob.stored)
	return b.String()
}
