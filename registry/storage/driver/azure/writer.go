package azure

import (
	"context"
	"errors"
	"fmt"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blockbuf"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// minBlockSize is the size in bytes from which on gathered data is sent without
// waiting for more: smaller blocks would cost more requests than they gain.
const minBlockSize = 5 << 20

// writerState is what may still be done with a writer.
type writerState int

const (
	open writerState = iota
	closed
	committed
	cancelled
)

// String is used in errors: "writer is closed".
func (s writerState) String() string {
	return [...]string{"open", "closed", "committed", "cancelled"}[s]
}

// writer is the storagedriver.FileWriter of one upload. The stored blob is
// always a prefix of what was written, each byte once and in order; docs and
// package appendlog tell how.
//
// Not for concurrent use, except for Size.
type writer struct {
	d      *driver
	name   string
	stage  string // blob that is written to: name, or a successor of what is there until Commit
	resume int64  // length of that blob when the writer was opened

	caller context.Context // of the call that opened the writer: Write and Close have none
	ctx    context.Context // the same until the writer has ended
	cancel context.CancelFunc
	log    *appendlog.Log
	buf    *blockbuf.Buffer

	state    writerState
	released bool  // Close has been called
	err      error // what Close or Commit failed with
}

var _ storagedriver.FileWriter = (*writer)(nil)

// Writer opens the blob at path for an upload. Without appendMode it begins with
// nothing: a file that is there is replaced by Commit, at once for readers. With it,
// the upload goes on at the stored end. A block blob can be gone on with only while
// it is empty.
func (d *driver) Writer(ctx context.Context, path string, appendMode bool) (storagedriver.FileWriter, error) {
	name := d.names.blobName(path)
	if !appendMode {
		return d.newUpload(ctx, name)
	}
	p, err := d.service.Properties(ctx, name)
	switch {
	case missing(p, err):
		return nil, notFound(path)
	case err != nil:
		return nil, err
	}
	if w, err := d.resumeSuccessor(ctx, name, p); w != nil || err != nil {
		return w, err
	}
	switch {
	case p.Type == service.AppendBlob:
		return d.newWriter(ctx, name, name, p.Size), nil
	case p.Size == 0:
		return d.newUpload(ctx, name)
	default:
		return nil, notFound(path) // what a restore brought back is no upload
	}
}

// newUpload makes a writer for a blob that begins empty.
func (d *driver) newUpload(ctx context.Context, name string) (storagedriver.FileWriter, error) {
	stage, err := d.create(ctx, name)
	if err != nil {
		return nil, err
	}
	return d.newWriter(ctx, name, stage, 0), nil
}

// create leaves an empty append blob, and tells its name: the given one, or that
// of a successor if a file is there.
//
// The blob is never created over another one: a request that is carried out
// late must not wipe what was appended since (upstream issue 3026). So an empty
// append blob that is already there is taken as the work of a request whose
// answer was lost. Nothing is deleted in order to be replaced.
func (d *driver) create(ctx context.Context, name string) (stage string, err error) {
	d.committed.forget(name)
	for laps := d.service.Contention(); ; {
		_, _, err := d.service.CreateAppend(ctx, name, service.IfAbsent())
		verdict := service.Judge(err)
		switch verdict {
		case service.Exists, service.Changed, service.OtherType:
		default:
			return name, err
		}
		p, err := d.service.Properties(ctx, name)
		switch {
		case service.Judge(err) == service.Absent && verdict != service.OtherType: // gone meanwhile
		case err != nil && service.Judge(err) != service.Absent:
			return "", err
		case err == nil && p.Type == service.AppendBlob && p.Size == 0 && p.CopyStatus == "":
			return name, nil
		case err == nil && p.Directory:
			if _, err := d.service.Delete(ctx, p.Victim(name)); err != nil { // an empty one, or the service refuses
				return "", err
			}
		default: // a file, or earlier versions of one that have another type
			return d.createSuccessor(ctx, name)
		}
		if err := laps.Lap(ctx, "put append blob", name, nil); err != nil {
			return "", err
		}
	}
}

// newWriter makes a writer for name, whose stage is an append blob that is size
// bytes long.
func (d *driver) newWriter(ctx context.Context, name, stage string, size int64) *writer {
	w := &writer{d: d, name: name, stage: stage, resume: size, caller: ctx}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.log = appendlog.New(appendBlob{d.service.Appender(stage)}, stage, size, budget.New(d.service.Budget()), logAppends(ctx, stage))
	w.buf = blockbuf.New(func(block []byte) error { return w.log.Append(w.ctx, block) },
		blockbuf.Limits{Least: d.minBlock, Most: d.maxBlock, Fit: d.service.Fit}, d.memory)
	return w
}

// Write accepts p. It waits for the service only if the buffer is full. After
// an error nothing more is accepted.
func (w *writer) Write(p []byte) (int, error) {
	if w.state != open {
		return 0, w.unusable("write", w.state)
	}
	return w.buf.Write(p)
}

// Size is the number of bytes accepted, those of earlier writers of the upload
// included. Once something could not be stored it is the length up to which the
// blob is known to hold them: the registry tells it to the client as the place
// to go on from. It may be called at any time.
func (w *writer) Size() int64 {
	if w.log.Err() != nil {
		return w.log.End()
	}
	return w.resume + w.buf.Accepted()
}

// Close stores what was accepted, and tries as hard as Commit does, because a
// client's request ends well or badly by it. After Commit it says what Commit
// said, after Cancel nothing. It is an error to call it twice.
func (w *writer) Close() error {
	if w.released {
		return w.unusable("close", closed)
	}
	w.released = true
	if w.state != open {
		return w.err
	}
	w.state = closed
	w.err = w.flush()
	if w.stage != w.name {
		w.err = errors.Join(w.err, w.d.announce(w.caller, w.name, w.stage, w.log.End()))
	}
	return w.err
}

// Commit stores what was accepted, and returns nil only if the blob is exactly
// what was written to it. The end of ctx ends the attempt.
func (w *writer) Commit(ctx context.Context) error {
	if w.state != open {
		return w.unusable("commit", w.state)
	}
	w.state = committed
	stop := context.AfterFunc(ctx, w.cancel)
	defer stop()
	w.err = w.flush()
	if w.err == nil {
		w.err = w.log.Finish()
	}
	if w.stage != w.name {
		w.err = w.d.succeed(ctx, w.name, w.stage, w.log.End(), w.err)
	}
	if w.err == nil {
		w.d.committed.remember(w.name, w.log.End())
	}
	if w.err != nil && ctx.Err() != nil {
		w.err = fmt.Errorf("%w: %w", context.Cause(ctx), w.err)
	}
	return w.err
}

// flush stores what is in the buffer and gives the buffer back.
func (w *writer) flush() error {
	err := w.buf.Flush()
	w.buf.Discard()
	w.cancel()
	return err
}

// Cancel forgets what was accepted and removes the blob; a file that was to be
// replaced stays. After Close, Commit or
// Cancel it is an error and removes nothing: upstream cancels an upload whose
// content isn't what its digest says, and the client may still send the right
// digest.
func (w *writer) Cancel(ctx context.Context) error {
	if w.state != open {
		return w.unusable("cancel", w.state)
	}
	w.state = cancelled
	w.cancel()
	w.buf.Discard()
	p, err := w.d.service.Properties(ctx, w.stage)
	switch service.Judge(err) {
	case service.Applied:
		return w.d.deleteBlob(ctx, p.Victim(w.stage))
	case service.Absent:
		return nil
	default:
		return err
	}
}

// unusable is the error of a call that comes too late, with what went wrong
// before it.
func (w *writer) unusable(what string, state writerState) error {
	err := fmt.Errorf("azure: %s %q: writer is already %s", what, w.name, state)
	return errors.Join(err, w.err)
}
