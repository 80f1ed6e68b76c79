package service

import (
	"context"
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

// errNoOffset is a 201 that doesn't say where the block went. The SDK makes one
// up if it could not read the body (azblob, appendblob.Client.AppendBlock).
var errNoOffset = errors.New("the answer does not confirm the append offset")

// NotAppendableError tells of a blob that is no append blob.
type NotAppendableError struct {
	Blob string
	Type BlobType
}

// Error names the blob's type.
func (e *NotAppendableError) Error() string {
	return fmt.Sprintf("cannot append to %q, a %s", e.Blob, e.Type)
}

// Permanent marks the error as one that no further request can change.
func (*NotAppendableError) Permanent() bool { return true }

// errTooManyBlocks explains BlockCountExceedsLimit (REST: "Append Block").
var errTooManyBlocks = errors.New("the upload has 50,000 blocks, as many as an append blob may have; a larger chunksize makes fewer")

// Appender is an append blob, to which each method sends a single request: its
// user tells what an unknown outcome means. A look that ran out of time makes the
// next more patient. Not safe for concurrent use.
type Appender struct {
	c        *Client
	name     string
	timeouts int
}

// Appender is the append blob with this name. Nothing is asked of the service.
func (c *Client) Appender(name string) *Appender { return &Appender{c: c, name: name} }

// Append sends one Append Block request, under the condition that the blob ends
// at off. There is no condition on the ETag: after an unknown outcome that is
// unknown too, and scanners and taggers change it while an upload is under way.
// Its bytes may stand still for as long as patience at most.
func (a *Appender) Append(ctx context.Context, off int64, p []byte, patience time.Duration) error {
	options := &appendblob.AppendBlockOptions{
		TransactionalValidation:        a.c.checksum(p),
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &off},
	}
	unseen, rate := a.c.uplink.patience(len(p))
	patience = min(patience, a.c.settings.TryTimeout+unseen)
	start := time.Now()
	err := a.c.within(ctx, call{opAppend, a.name, p}, patience, func(ctx context.Context, b *body) error {
		resp, err := a.c.container.NewAppendBlobClient(a.name).AppendBlock(ctx, b, options)
		if err == nil && value(resp.BlobAppendOffset) != strconv.FormatInt(off, 10) {
			return fmt.Errorf("%w (%q instead of %d)", errNoOffset, value(resp.BlobAppendOffset), off)
		}
		return err
	})
	var call *CallError
	switch {
	case err == nil:
		a.c.uplink.succeeded(len(p), time.Since(start), patience)
	case errors.Is(err, errNotInTime):
		a.c.uplink.timedOut(len(p), rate)
	case errors.As(err, &call) && call.Code == string(bloberror.BlockCountExceedsLimit):
		return fmt.Errorf("%w: %w", errTooManyBlocks, err)
	}
	return err
}

// Fit is how many of n bytes the link to the storage is likely to carry in time.
func (a *Appender) Fit(n int) int { return a.c.Fit(n) }

// Fit is how many of n bytes the link to the storage is likely to carry in time.
func (c *Client) Fit(n int) int { return c.uplink.fit(n) }

// checksum is what the service verifies a block by.
func (c *Client) checksum(p []byte) blob.TransferValidationType {
	if c.useCRC64 {
		return blob.TransferValidationTypeCRC64(crc64Of(p))
	}
	sum := md5.Sum(p) //nolint:gosec // see the import
	return blob.TransferValidationTypeMD5(sum[:])
}

// Properties are those of the blob now. One that isn't an append blob can't be
// gone on with: *NotAppendableError.
func (a *Appender) Properties(ctx context.Context) (p Properties, err error) {
	p, err = a.c.look(ctx, a.name, a.timeouts)
	switch {
	case errors.Is(err, errNotInTime):
		a.timeouts++
	case err == nil:
		a.timeouts = 0
		if p.Type != AppendBlob {
			err = &NotAppendableError{a.name, p.Type}
		}
	}
	return p, err
}

// ReadAt reads back len(p) stored bytes. They may stand still for as long as
// patience at most.
func (a *Appender) ReadAt(ctx context.Context, p []byte, off int64, patience time.Duration) error {
	what := call{op: opGet, blob: a.name}
	return a.c.within(ctx, what, min(patience, a.c.patience(what, a.timeouts)), func(ctx context.Context, b *body) error {
		return a.c.readRange(ctx, a.name, p, off, b.moved)
	})
}
