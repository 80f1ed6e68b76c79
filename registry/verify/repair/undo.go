package repair

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// Errors of Undo, which leave everything as it is.
var (
	// ErrNoRecord says that there is no such record.
	ErrNoRecord = errors.New("no such record")
	// ErrUndone says that the record was undone before.
	ErrUndone = errors.New("undone before")
	// ErrStoredSince says that what the record left has been replaced or deleted.
	ErrStoredSince = errors.New("something has been stored or deleted there since")
)

// Undo puts the original back in place. recordPath is the path of the record, or
// of its folder, or the folder's name. The copy in the quarantine stays.
func Undo(ctx context.Context, driver storagedriver.StorageDriver, recordPath string) (*Record, error) {
	folder := strings.TrimSuffix(recordPath, "/record.json")
	if !strings.HasPrefix(folder, layout.Quarantine+"/") {
		folder = path.Join(layout.Quarantine, path.Base(folder))
	}
	record, err := load(ctx, driver, folder)
	switch {
	case err != nil:
		return nil, err
	case record == nil:
		return nil, fmt.Errorf("undoing %s: %w", folder, ErrNoRecord)
	case record.State == Undone:
		return record, fmt.Errorf("undoing %s: %w", folder, ErrUndone)
	}
	if err := undo(ctx, files{driver}, record); err != nil {
		return record, fmt.Errorf("undoing %s: %w", folder, err)
	}
	return record, nil
}

func undo(ctx context.Context, f files, record *Record) error {
	was, err := f.version(ctx, record.Target)
	if err != nil {
		return err
	}
	if record.Original == (Content{}) {
		return unwrite(ctx, f, record, was)
	}
	back, err := f.holds(ctx, record.Target, record.Original)
	if err != nil {
		return err
	}
	if !back {
		if err := isResult(ctx, f, record, was); err != nil {
			return err
		}
		if err := f.copy(ctx, record.original(), record.beside(), record.Original); err != nil {
			return err
		}
		if err := record.save(ctx, f, Undoing); err != nil {
			return err
		}
		_, err := f.replace(ctx, record.beside(), record.Target, was, record.Original)
		if errors.As(err, new(*ChangedError)) {
			return ErrStoredSince
		}
		if err != nil {
			return err
		}
	}
	if err := f.remove(ctx, record.beside()); err != nil {
		return err
	}
	return record.save(ctx, f, Undone)
}

// unwrite takes away a file that there was none of before.
func unwrite(ctx context.Context, f files, record *Record, was verify.Version) error {
	if was != (verify.Version{}) {
		if err := isResult(ctx, f, record, was); err != nil {
			return err
		}
		err := f.takeAway(ctx, record.Target, was)
		if errors.As(err, new(*ChangedError)) {
			return ErrStoredSince
		}
		if err != nil {
			return err
		}
	}
	return record.save(ctx, f, Undone)
}

// isResult returns ErrStoredSince unless the target, now in the given state, is
// what the record left there. The bytes alone don't tell: the same ones may have
// been pushed since. Nor does a target that isn't there, unless the record took it
// away or a Move may have ended half way.
func isResult(ctx context.Context, f files, record *Record, now verify.Version) error {
	unfinished := record.State == Prepared || record.State == Undoing
	switch {
	case now == verify.Version{} && (record.Result == nil || unfinished):
		return nil
	case now == verify.Version{}, record.Result == nil:
		return ErrStoredSince
	}
	same, err := f.holds(ctx, record.Target, *record.Result)
	if err == nil && same && record.State == Prepared { // done by a run that was killed
		err = f.closeDone(ctx, record)
	}
	if err == nil && (!same || !now.Equal(record.Left)) {
		err = ErrStoredSince
	}
	return err
}
