package service

import (
	"context"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// Copy asks the service to copy a blob within the container, as the source with
// this ETag, and waits until the copy has ended. to is the destination then; it
// may be incomplete, if the copy failed. The copy is sometimes done although the
// error is not nil: see CopiedFrom.
func (c *Client) Copy(ctx context.Context, source string, from ETag, dest string, condition Condition) (to Properties, doubt bool, err error) {
	client, sourceURL := c.container.NewBlobClient(dest), c.container.NewBlobClient(source).URL()
	var resp blob.StartCopyFromURLResponse
	doubt, err = c.attempt(ctx, call{op: opCopy, blob: dest}, func(ctx context.Context, _ *body) (err error) {
		resp, err = client.StartCopyFromURL(ctx, sourceURL, &blob.StartCopyFromURLOptions{
			SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: &from},
			AccessConditions:               condition.access(),
		})
		return err
	})
	switch {
	case err == nil && value(resp.CopyStatus) == blob.CopyStatusTypeSuccess:
		return Properties{ETag: value(resp.ETag), CopyStatus: value(resp.CopyStatus), CopyID: value(resp.CopyID)}, doubt, nil
	case err == nil:
		to, err = c.AwaitCopy(ctx, dest)
		return to, doubt, err
	case doubt && exhausted(err):
		// One last look decides: the copy may be done, or under way.
		now, looked := c.lastLook(ctx, dest)
		switch {
		case looked != nil || !c.CopiedFrom(now, source) || now.ETag == condition.match:
		case now.Pending():
			to, err = c.AwaitCopy(ctx, dest)
		default:
			to, err = now, nil
		}
	}
	return to, doubt, err
}

// CopiedFrom reports whether the service names source as that of the copy which
// made a blob. It may spell the URL differently, and leaves out a signature.
func (c *Client) CopiedFrom(p Properties, source string) bool {
	a, errA := url.Parse(p.CopySource)
	b, errB := url.Parse(c.container.NewBlobClient(source).URL())
	return errA == nil && errB == nil && a.Host == b.Host && a.Path == b.Path
}
