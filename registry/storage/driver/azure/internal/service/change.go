package service

import (
	"context"
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// MaxPut is the most bytes that Put stores.
const MaxPut = blockblob.MaxUploadBlobBytes

// change is attempt for a request that changes a blob. While a copy onto the
// blob is under way the service takes no other change of it, so that is waited
// for.
func (c *Client) change(ctx context.Context, what call, request send) (doubt bool, err error) {
	for {
		again, err := c.attempt(ctx, what, request)
		doubt = doubt || again
		if Judge(err) != Copying {
			return doubt, err
		}
		if _, err := c.AwaitCopy(ctx, what.blob); err != nil && Judge(err) != Absent {
			return doubt, err
		}
	}
}

// Put stores content as a block blob, and gives its ETag.
func (c *Client) Put(ctx context.Context, name string, content []byte, condition Condition) (etag ETag, doubt bool, err error) {
	sum := md5.Sum(content) //nolint:gosec // see the import
	doubt, err = c.change(ctx, call{opPut, name, content}, func(ctx context.Context, b *body) error {
		resp, err := c.container.NewBlockBlobClient(name).Upload(ctx, b, &blockblob.UploadOptions{
			TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
			AccessConditions:        condition.access(),
		})
		etag = value(resp.ETag)
		return err
	})
	if err == nil {
		Stored(len(content))
	}
	return etag, doubt, err
}

// CreateAppend makes an empty append blob, and gives its ETag.
func (c *Client) CreateAppend(ctx context.Context, name string, condition Condition) (etag ETag, doubt bool, err error) {
	doubt, err = c.change(ctx, call{op: opCreate, blob: name}, func(ctx context.Context, _ *body) error {
		resp, err := c.container.NewAppendBlobClient(name).Create(ctx, &appendblob.CreateOptions{AccessConditions: condition.access()})
		etag = value(resp.ETag)
		return err
	})
	return etag, doubt, err
}

// Touch gives a blob that is left as it is a new ETag, so that an older delete of
// it, still under way, no longer finds the blob it means. It reports whether the
// blob was still the one that was looked at.
func (c *Client) Touch(ctx context.Context, name string, p Properties) (etag ETag, same bool, err error) {
	_, err = c.change(ctx, call{op: opMetadata, blob: name}, func(ctx context.Context, _ *body) error {
		resp, err := c.container.NewBlobClient(name).SetMetadata(ctx, p.Metadata, &blob.SetMetadataOptions{
			AccessConditions: IfMatch(p.ETag).access(),
		})
		etag = value(resp.ETag)
		return err
	})
	switch Judge(err) {
	case Applied:
		return etag, true, nil
	case Changed, Absent:
		return "", false, nil
	default:
		return "", false, err
	}
}

// Delete deletes a blob, with its snapshots if it has any, if it is still as it
// was seen. gone reports that this blob no longer is there: deleted by this call
// or by somebody. When it was written to meanwhile, or got other metadata, gone
// is false and nothing was deleted.
func (c *Client) Delete(ctx context.Context, v Victim) (gone bool, err error) {
	options := &blob.DeleteOptions{AccessConditions: IfMatch(v.ETag).access()}
	what := call{op: opDelete, blob: v.Name}
	request := func(ctx context.Context, _ *body) error {
		_, err := c.container.NewBlobClient(v.Name).Delete(ctx, options)
		return err
	}
	doubt, err := c.change(ctx, what, request)
	if Judge(err) == HasSnapshots {
		options.DeleteSnapshots = to.Ptr(blob.DeleteSnapshotsOptionTypeInclude)
		var again bool
		again, err = c.change(ctx, what, request)
		doubt = doubt || again
	}
	switch Judge(err) {
	case Applied, Absent:
		return true, nil
	case Changed:
		return doubt && c.succeeded(ctx, v), nil
	}
	if doubt && exhausted(err) && c.succeeded(ctx, v) {
		return true, nil
	}
	return false, err
}

// succeeded reports whether the blob is gone, or another one has come after it:
// one that was created at another time. The ETag alone doesn't tell, since
// scanners change that of a blob which is still there.
func (c *Client) succeeded(ctx context.Context, v Victim) bool {
	now, err := c.lastLook(ctx, v.Name)
	if err != nil {
		return Judge(err) == Absent
	}
	return !v.Created.IsZero() && !now.Created.IsZero() && !now.Created.Equal(v.Created)
}

const (
	firstCopyPoll = 50 * time.Millisecond
	lastCopyPoll  = 5 * time.Second
)

// CopyTimeoutError tells that a copy was still pending after so long.
type CopyTimeoutError struct {
	Blob  string
	After time.Duration
}

// Error names the blob.
func (e *CopyTimeoutError) Error() string {
	return fmt.Sprintf("copy onto %q is still pending after copy_timeout, %s", e.Blob, e.After)
}

// AwaitCopy waits until no copy onto the blob is pending, for copy_timeout at
// most, and tells what is there then. A copy that isn't waited for any longer
// goes on: what it makes is complete or isn't there.
func (c *Client) AwaitCopy(ctx context.Context, name string) (Properties, error) {
	start := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, c.settings.CopyTimeout, &CopyTimeoutError{name, c.settings.CopyTimeout})
	defer cancel()
	for wait := firstCopyPoll; ; wait = min(2*wait, lastCopyPoll) {
		p, err := c.Properties(limited, name)
		switch {
		case limited.Err() != nil:
			copyEnded(start, copyAbandoned)
			return p, fmt.Errorf("%s %q: %w", opCopy, name, context.Cause(limited))
		case err == nil && p.Pending():
			pause(limited, wait)
		case err == nil && p.Complete():
			copyEnded(start, copySucceeded)
			return p, nil
		default:
			copyEnded(start, copyFailed)
			return p, err
		}
	}
}

// pause waits for so long, or until ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
