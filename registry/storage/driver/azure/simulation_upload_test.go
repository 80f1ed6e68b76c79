package azure

import (
	"context"
	"errors"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/history"
)

// upload is a client's upload session: many requests, each with a writer of its
// own, maybe each to another replica.
type upload struct {
	*actor
	path    string
	stream  []byte // all that is to be uploaded
	offered int64  // up to where the writer in hand was given it
}

// operation is a call on the session.
func (u *upload) operation(kind history.Kind) history.Operation {
	return history.Operation{Kind: kind, Path: u.path, Data: u.stream, Offered: u.offered}
}

// start creates the upload's blob, as upstream's handler of POST does.
func (u *upload) start() bool {
	ctx, cancel := u.context()
	defer cancel()
	w, ok := u.open(ctx, false)
	return ok && u.close(ctx, w)
}

// patch sends up to n bytes of the stream, from where the last writer ended.
func (u *upload) patch(n int) bool {
	ctx, cancel := u.context()
	defer cancel()
	w, ok := u.open(ctx, true)
	if !ok {
		return false
	}
	wrote := u.write(ctx, w, n)
	return u.close(ctx, w) && wrote
}

// finish sends what is left and commits it, as the handler of PUT does.
func (u *upload) finish() bool {
	ctx, cancel := u.context()
	defer cancel()
	w, ok := u.open(ctx, true)
	if !ok {
		return false
	}
	wrote := u.write(ctx, w, len(u.stream))
	if !wrote {
		u.close(ctx, w)
		return false
	}
	o := u.record(ctx, u.operation(history.Commit), func(o *history.Operation) error {
		defer func() { o.Size = w.Size() }()
		return w.Commit(ctx)
	})
	return u.close(ctx, w) && o.Outcome == history.OK
}

// open opens a writer with appendMode or without.
func (u *upload) open(ctx context.Context, appendMode bool) (w storagedriver.FileWriter, ok bool) {
	kind := history.Open
	if appendMode {
		kind = history.Resume
	}
	o := u.record(ctx, u.operation(kind), func(o *history.Operation) (err error) {
		w, err = u.replica().Writer(ctx, u.path, appendMode)
		if err == nil {
			o.Size = w.Size()
			o.Offered, u.offered = o.Size, o.Size
		}
		return err
	})
	return w, o.Outcome == history.OK && o.Size <= int64(len(u.stream))
}

// write gives the writer up to n bytes, piece by piece. Between two pieces
// everything comes to rest, so that how the driver's goroutines interleave
// doesn't matter.
func (u *upload) write(ctx context.Context, w storagedriver.FileWriter, n int) bool {
	from := w.Size()
	end := min(from+int64(n), int64(len(u.stream)))
	for from < end {
		piece := u.stream[from:min(end, from+1+u.random.Int64N(20))]
		from += int64(len(piece))
		o := u.operation(history.Write)
		o.Offered = from
		u.offered = from
		o = u.record(ctx, o, func(o *history.Operation) error {
			defer func() { o.Size = w.Size() }()
			_, err := w.Write(piece)
			return err
		})
		if o.Outcome != history.OK {
			return false
		}
		time.Sleep(time.Microsecond)
		if u.random.IntN(4) == 0 { // a slow client
			time.Sleep(time.Duration(1+u.random.IntN(3)) * blobsim.Slot)
		}
	}
	return true
}

// close closes the writer. What its errors, and those before, left open is the
// next request's business.
func (u *upload) close(ctx context.Context, w storagedriver.FileWriter) bool {
	o := u.record(ctx, u.operation(history.Close), func(o *history.Operation) error {
		defer func() { o.Size = w.Size() }()
		return w.Close()
	})
	return o.Outcome == history.OK
}

// cancel gives the upload up, as the handler of DELETE does.
func (u *upload) cancel() {
	ctx, cancel := u.context()
	defer cancel()
	w, ok := u.open(ctx, true)
	if !ok {
		return
	}
	u.record(ctx, u.operation(history.Cancel), func(*history.Operation) error { return errors.Join(w.Cancel(ctx), w.Close()) })
}
