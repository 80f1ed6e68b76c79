package storage

import (
	"context"
	"errors"

	"github.com/distribution/distribution/v3"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// movedUpload is the file of an upload that a request has moved to its digest
// before it was cut off. The upload is complete: all that is left is to commit
// it once more.
type movedUpload struct {
	size int64
}

var _ storagedriver.FileWriter = movedUpload{}

func (movedUpload) Write([]byte) (int, error)    { return 0, errors.New("upload is complete") }
func (m movedUpload) Size() int64                { return m.size }
func (movedUpload) Close() error                 { return nil }
func (movedUpload) Cancel(context.Context) error { return nil }
func (movedUpload) Commit(context.Context) error { return nil }

// resumeMoved goes on with an upload without a file. The last state of its
// digest, which was stored before the file could be moved, tells what was
// uploaded; the upload goes on only if that is what is stored under the digest.
// Nobody gets hold of a blob in this way without having uploaded all of it.
func (bw *blobWriter) resumeMoved(ctx context.Context) error {
	offset, err := bw.lastHashState(ctx)
	if err != nil {
		return err
	}
	bw.fileWriter = movedUpload{offset}
	if err := bw.resumeDigest(ctx); err != nil {
		return err
	}
	blobPath, err := bw.blobStore.path(bw.digester.Digest())
	if err != nil {
		return err
	}
	moved, err := bw.driver.Stat(ctx, blobPath)
	switch err.(type) {
	case nil:
	case storagedriver.PathNotFoundError:
		return distribution.ErrBlobUploadUnknown
	default:
		return err
	}
	if moved.Size() != offset {
		return distribution.ErrBlobUploadUnknown
	}
	bw.path = blobPath
	return nil
}
