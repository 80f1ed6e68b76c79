package repair

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// copyBuffer is how much of a file is held at a time, in bytes.
const copyBuffer = 1 << 20

// files does to files what repair needs done.
type files struct{ storagedriver.StorageDriver }

// content reads a file to its end; ok is false if there is none.
func (f files) content(ctx context.Context, path string, a digest.Algorithm) (c Content, ok bool, err error) {
	r, err := f.Reader(ctx, path, 0)
	if isNotFound(err) {
		return Content{}, false, nil
	}
	if err != nil {
		return Content{}, false, fmt.Errorf("opening %s: %w", path, err)
	}
	digester := a.Digester()
	n, err := io.CopyBuffer(digester.Hash(), contextReader{ctx, r}, make([]byte, copyBuffer))
	if err := errors.Join(err, r.Close()); err != nil {
		return Content{}, false, fmt.Errorf("reading %s at offset %d: %w", path, n, err)
	}
	return Content{digester.Digest(), n}, true, nil
}

// holds tells whether the file has this content.
func (f files) holds(ctx context.Context, path string, want Content) (bool, error) {
	got, ok, err := f.content(ctx, path, want.Digest.Algorithm())
	return ok && got == want, err
}

// write stores what r gives, and reads it back: it must be the content.
func (f files) write(ctx context.Context, path string, r io.Reader, want Content) error {
	if err := f.store(ctx, path, contextReader{ctx, r}, want.Size); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	ok, err := f.holds(ctx, path, want)
	if err == nil && !ok {
		err = fmt.Errorf("writing %s: it doesn't have the digest %s", path, want.Digest)
	}
	return err
}

func (f files) store(ctx context.Context, path string, r io.Reader, size int64) error {
	if size == 0 { // not every driver commits a file that nothing was written to
		return f.PutContent(ctx, path, nil)
	}
	w, err := f.Writer(ctx, path, false)
	if err != nil {
		return err
	}
	if _, err := io.CopyBuffer(onlyWriter{w}, r, make([]byte, copyBuffer)); err != nil {
		return errors.Join(err, w.Cancel(ctx))
	}
	if err := w.Commit(ctx); err != nil {
		return errors.Join(err, w.Close())
	}
	return w.Close()
}

// onlyWriter hides a ReadFrom, which would not use the buffer.
type onlyWriter struct{ io.Writer }

// copy stores a copy of a file that has the content, unless there is one already.
func (f files) copy(ctx context.Context, from, to string, content Content) error {
	if there, err := f.holds(ctx, to, content); there || err != nil {
		return err
	}
	r, err := f.Reader(ctx, from, 0)
	if err != nil {
		return fmt.Errorf("opening %s: %w", from, err)
	}
	return errors.Join(f.write(ctx, to, r, content), r.Close())
}

func (f files) version(ctx context.Context, path string) (verify.Version, error) {
	return verify.Look(ctx, f.StorageDriver, path)
}

// ChangedError says that a file was written to or deleted by somebody else
// meanwhile. It has been left alone.
type ChangedError struct{ Path string }

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has changed meanwhile and was left alone", e.Path)
}

// unchanged returns a ChangedError if the file isn't the one that it was. It is
// all that there is where the driver has no conditions.
func (f files) unchanged(ctx context.Context, path string, was verify.Version) error {
	now, err := f.version(ctx, path)
	if err == nil && !now.Equal(was) {
		return &ChangedError{path}
	}
	return err
}

// replace moves a file over another one that hasn't changed, or to where there
// is none, and reads it back. ours is false if the target has the content and it
// was somebody else who stored it: a push, or another repair.
func (f files) replace(ctx context.Context, from, target string, was verify.Version, want Content) (ours bool, err error) {
	moved := f.move(ctx, from, target, was)
	ours = moved == nil
	if !ours && !errors.As(moved, new(*ChangedError)) && !isNotFound(moved) {
		return false, fmt.Errorf("replacing %s: %w", target, moved)
	}
	ok, err := f.holds(ctx, target, want)
	if err == nil && !ok {
		err = &ChangedError{target}
	}
	return ours, err
}

func (f files) move(ctx context.Context, from, target string, was verify.Version) error {
	c, ok := f.StorageDriver.(verify.Conditional)
	if !ok {
		if err := f.unchanged(ctx, target, was); err != nil {
			return err
		}
		return f.Move(ctx, from, target)
	}
	err := c.MoveIfMatch(ctx, from, target, was.ETag)
	if verify.ConditionNotMet(err) {
		err = &ChangedError{target}
	}
	return err
}

// takeAway deletes a file that hasn't changed. Every file of the layout has a
// folder to itself, which goes as well.
func (f files) takeAway(ctx context.Context, target string, was verify.Version) error {
	c, ok := f.StorageDriver.(verify.Conditional)
	if !ok {
		if err := f.unchanged(ctx, target, was); err != nil {
			return err
		}
		return f.remove(ctx, path.Dir(target))
	}
	err := c.DeleteIfMatch(ctx, target, was.ETag)
	if verify.ConditionNotMet(err) || isNotFound(err) {
		return &ChangedError{target}
	}
	if err != nil {
		return fmt.Errorf("deleting %s: %w", target, err)
	}
	return nil
}

// remove deletes a file or folder, if it is there.
func (f files) remove(ctx context.Context, path string) error {
	if err := f.Delete(ctx, path); err != nil && !isNotFound(err) {
		return fmt.Errorf("deleting %s: %w", path, err)
	}
	return nil
}

// contextReader ends with its context: not every driver's reader does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
