package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
)

// errNoOffset is a 201 that doesn't say where the block went. The SDK makes one
// up if it could not read the body (azblob, appendblob.Client.AppendBlock).
var errNoOffset = errors.New("the answer does not confirm the append offset")

// errTooManyBlocks explains BlockCountExceedsLimit (REST: "Append Block").
var errTooManyBlocks = errors.New("the upload has 50,000 blocks, as many as an append blob may have; a larger chunksize makes fewer")

// errNotAsked is an answer that is for something else than what was asked for.
var errNotAsked = errors.New("the answer is not for what was asked for")

// appendBlob is an append blob of the service as the protocol sees it.
type appendBlob struct {
	d    *driver
	name string
}

var _ appendlog.Blob = appendBlob{}

// Append sends one Append Block request, under the condition that the blob ends
// at off. There is no condition on the ETag: after an unknown outcome that is
// unknown too, and scanners and taggers change it while an upload is under way.
func (b appendBlob) Append(ctx context.Context, off int64, p []byte, patience time.Duration) (appendlog.Outcome, error) {
	options := &appendblob.AppendBlockOptions{
		TransactionalValidation:        blob.TransferValidationTypeCRC64(BlockChecksum(p)),
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &off},
	}
	expected, rate := b.d.uplink.patience(len(p))
	patience = min(patience, expected)
	start := time.Now()
	err := b.d.moving(ctx, call{op: opAppend, blob: b.name, size: len(p)}, patience, func(ctx context.Context, moved func()) error {
		body := newBody(p)
		body.moved = moved
		defer body.release()
		resp, err := b.d.container.NewAppendBlobClient(b.name).AppendBlock(ctx, body, options)
		if err == nil && value(resp.BlobAppendOffset) != strconv.FormatInt(off, 10) {
			return fmt.Errorf("%w (%q instead of %d)", errNoOffset, value(resp.BlobAppendOffset), off)
		}
		return err
	})
	var call *callError
	switch {
	case err == nil:
		b.d.uplink.succeeded(len(p), time.Since(start), patience)
	case errors.Is(err, errNotInTime):
		b.d.uplink.timedOut(len(p), rate)
	case errors.As(err, &call) && call.code == string(bloberror.BlockCountExceedsLimit):
		return appendlog.Refused, fmt.Errorf("%w: %w", errTooManyBlocks, err)
	}
	return outcome(err), err
}

// Fit is how many of n bytes the link to the storage is likely to carry in time.
func (b appendBlob) Fit(n int) int { return b.d.uplink.fit(n) }

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
		switch kind := value(resp.BlobType); kind {
		case blob.BlobTypeAppendBlob:
			return nil
		case "":
			return errNotAsked
		default:
			return notAppendableError{kind}
		}
	})
	return size, err
}

// ReadAt reads back len(p) stored bytes. An answer with the whole blob, from a
// proxy that ignores Range, has them too.
func (b appendBlob) ReadAt(ctx context.Context, p []byte, off int64, patience time.Duration) error {
	patience = min(patience, b.d.uplink.base)
	return b.d.moving(ctx, call{op: opGet, blob: b.name, size: len(p)}, patience, func(ctx context.Context, moved func()) error {
		resp, err := b.d.container.NewBlobClient(b.name).DownloadStream(ctx, &blob.DownloadStreamOptions{
			Range: blob.HTTPRange{Offset: off, Count: int64(len(p))},
		})
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		content := movingReader{resp.Body, moved}
		switch part := value(resp.ContentRange); {
		case value(resp.BlobType) != blob.BlobTypeAppendBlob:
			return errNotAsked
		case part == "":
			_, err = io.CopyN(io.Discard, content, off)
		case !strings.HasPrefix(part, fmt.Sprintf("bytes %d-", off)):
			return errNotAsked
		}
		if err == nil {
			_, err = io.ReadFull(content, p)
		}
		return err
	})
}

// movingReader tells when bytes come in.
type movingReader struct {
	io.Reader
	moved func()
}

func (r movingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.moved()
	return n, err
}

// moving sends one request whose bytes, or whose answer's, send is to report as
// they move. It is given up when they don't for as long as patience.
func (d *driver) moving(ctx context.Context, c call, patience time.Duration, send func(ctx context.Context, moved func()) error) error {
	watched, stall := watch(ctx, patience)
	watched, done := observe(watched, c)
	err := describe(c.op, c.blob, stall.end(watched, send(watched, stall.moved)))
	done(err)
	return err
}

// notAppendableError tells of a blob that is no append blob.
type notAppendableError struct{ kind blob.BlobType }

// Error names the blob's type.
func (e notAppendableError) Error() string { return fmt.Sprintf("cannot append to a %s", e.kind) }

// NonRetriable marks the error as one that no further request can change.
func (notAppendableError) NonRetriable() {}
