package verify

import (
	"context"
	"errors"
	"fmt"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
)

// Conditional is what a storage driver offers beside its other methods if it can
// write on condition. It names standard types only, so that a driver need not
// know this package. No condition is weakened by trying again: what was carried
// out late, or twice, must not undo anything newer.
type Conditional interface {
	// ETag tells the file's state from every later one. The error is a
	// PathNotFoundError if there is no file.
	ETag(ctx context.Context, path string) (string, error)
	// MoveIfMatch moves a file to destPath if the file there still has the ETag
	// or, if the ETag is empty, if there is none. If it isn't so, the error is one
	// that ConditionNotMet knows.
	MoveIfMatch(ctx context.Context, sourcePath, destPath, etag string) error
	// DeleteIfMatch deletes the file if it still has the ETag. If it has another
	// one, the error is one that ConditionNotMet knows.
	DeleteIfMatch(ctx context.Context, path, etag string) error
}

// ConditionNotMet tells whether a driver refused to write over something newer. Its
// error says so with a method of this name.
func ConditionNotMet(err error) bool {
	var refused interface{ ConditionNotMet() bool }
	return errors.As(err, &refused) && refused.ConditionNotMet()
}

// Version tells a file from what is stored in its place later. The zero Version is
// that of no file.
type Version struct {
	Size     int64     `json:"size"` // bytes
	Modified time.Time `json:"modified,omitzero"`
	ETag     string    `json:"etag,omitempty"` // empty if the driver has none
}

// Look tells the version of a file as it is now. Where it takes two requests, the
// ETag comes first: what is written in between doesn't have it.
func Look(ctx context.Context, driver storagedriver.StorageDriver, path string) (v Version, err error) {
	if c, ok := driver.(Conditional); ok {
		v.ETag, err = c.ETag(ctx, path)
	}
	var info storagedriver.FileInfo
	if err == nil {
		info, err = driver.Stat(ctx, path)
	}
	switch {
	case isNotFound(err):
		return Version{}, nil
	case err != nil:
		return Version{}, fmt.Errorf("looking at %s: %w", path, err)
	case info.IsDir():
		return Version{}, nil
	}
	v.Size, v.Modified = info.Size(), info.ModTime().UTC()
	return v, nil
}

// Equal tells whether both are of the same state of a file.
func (v Version) Equal(w Version) bool {
	return v.Size == w.Size && v.Modified.Equal(w.Modified) && v.ETag == w.ETag
}

// Seen is what a finding is about, for whoever acts on it later: only what is still
// the same may be written over.
type Seen struct {
	// At is when it was looked at last; zero if the finding doesn't tell.
	At time.Time `json:"at,omitzero"`
	Version
	// Digest is that of the bytes, where they were read.
	Digest digest.Digest `json:"digest,omitempty"`
}

// Allows tells whether the file, as it is now, is what was seen.
func (s Seen) Allows(now Version) bool { return !s.At.IsZero() && s.Equal(now) }
