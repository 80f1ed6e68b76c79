package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// walk lists the whole registry. Sizes and times come with the listing: no file is
// asked for by itself.
func walk(ctx context.Context, driver storagedriver.StorageDriver, o Options) (*snapshot, error) {
	elsewhere, err := listElsewhere(ctx, o.Elsewhere.Driver)
	if err != nil {
		return nil, err
	}
	var s *snapshot
	add := func(info storagedriver.FileInfo) error {
		if !info.IsDir() {
			o.Meter.Add(1, 0)
			s.add(info, o)
		}
		return ctx.Err()
	}
	begin := func() {
		s = newSnapshot()
		s.elsewhere = elsewhere
		o.Meter.Start("listing", -1, -1)
	}
	begin()
	err = driver.Walk(ctx, layout.Root, add)
	if ofFolder(err) {
		begin()
		err = s.walkFolder(ctx, driver, layout.Root, add)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err() // drivers wrap it beyond recognition
	}
	if err != nil && !isNotFound(err) { // where nothing has ever been pushed
		return nil, fmt.Errorf("listing %s: %w", layout.Root, err)
	}
	return s, nil
}

// ofFolder tells the filesystem driver's error for one folder, which breaks off the
// listing of everything: it goes while it is read, as that of an upload which ends,
// or may not be read.
func ofFolder(err error) bool { return errors.As(err, new(*fs.PathError)) }

// walkFolder is Walk, past folders that have gone and, but for the first one, those
// that can't be listed.
func (s *snapshot) walkFolder(ctx context.Context, driver storagedriver.StorageDriver, folder string, add func(storagedriver.FileInfo) error) error {
	children, err := driver.List(ctx, folder)
	if err != nil {
		return err
	}
	for _, child := range children {
		info, err := driver.Stat(ctx, child)
		switch {
		case err != nil:
		case info.IsDir():
			err = s.walkFolder(ctx, driver, child, add)
		default:
			err = add(info)
		}
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case isNotFound(err), errors.Is(err, fs.ErrNotExist): // gone
		case err != nil:
			s.unlisted[child] = fmt.Errorf("listing %s: %w", child, err)
		}
	}
	return nil
}
