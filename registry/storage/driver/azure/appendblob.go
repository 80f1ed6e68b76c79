package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
)

// errNoOffset is a 201 that doesn't say where the block went. The SDK makes one
// up if it could not read the body (azblob, appendblob.Client.AppendBlock).
var errNoOffset = errors.New("the answer does not confirm the append offset")

// appendBlob is an append blob of the service as the protocol sees it.
type appendBlob struct {
	d    *driver
	name string
}

var _ appendlog.Blob = appendBlob{}

// Append sends one Append Block request, under the condition that the blob ends
// at off. There is no condition on the ETag: after an unknown outcome that is
// unknown too.
func (b appendBlob) Append(ctx context.Context, off int64, p []byte) (appendlog.Outcome, error) {
	c := call{op: opAppend, blob: b.name, size: len(p)}
	options := &appendblob.AppendBlockOptions{
		TransactionalValidation:        blob.TransferValidationTypeCRC64(BlockChecksum(p)),
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &off},
	}
	body := newBody(p)
	defer body.release()
	err := b.d.once(ctx, c, func(ctx context.Context) error {
		resp, err := b.d.container.NewAppendBlobClient(b.name).AppendBlock(ctx, body, options)
		if err == nil && value(resp.BlobAppendOffset) != strconv.FormatInt(off, 10) {
			return fmt.Errorf("%w (%q instead of %d)", errNoOffset, value(resp.BlobAppendOffset), off)
		}
		return err
	})
	return outcome(err), err
}

// outcome is what the answer to an append tells about the bytes.
func outcome(err error) appendlog.Outcome {
	switch judge(err) {
	case applied:
		return appendlog.Applied
	case damaged:
		return appendlog.NotApplied
	case absent, refused:
		return appendlog.Refused
	default:
		return appendlog.Unknown
	}
}

// Size is the stored length. A blob that isn't there or isn't an append blob
// can't be gone on with.
func (b appendBlob) Size(ctx context.Context) (size int64, err error) {
	err = b.d.once(ctx, call{op: opProperties, blob: b.name}, func(ctx context.Context) error {
		resp, err := b.d.container.NewBlobClient(b.name).GetProperties(ctx, nil)
		if err != nil {
			return err
		}
		size = value(resp.ContentLength)
		if kind := value(resp.BlobType); kind != blob.BlobTypeAppendBlob {
			return notAppendableError{kind}
		}
		return nil
	})
	return size, err
}

// ReadAt reads back len(p) stored bytes.
func (b appendBlob) ReadAt(ctx context.Context, p []byte, off int64) error {
	return b.d.once(ctx, call{op: opGet, blob: b.name, size: len(p)}, func(ctx context.Context) error {
		resp, err := b.d.container.NewBlobClient(b.name).DownloadStream(ctx, &blob.DownloadStreamOptions{
			Range: blob.HTTPRange{Offset: off, Count: int64(len(p))},
		})
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.ReadFull(resp.Body, p)
		return err
	})
}

// notAppendableError tells of a blob that is no append blob.
type notAppendableError struct{ kind blob.BlobType }

// Error names the blob's type.
func (e notAppendableError) Error() string { return fmt.Sprintf("cannot append to a %s", e.kind) }

// NonRetriable marks the error as one that no further request can change.
func (notAppendableError) NonRetriable() {}
