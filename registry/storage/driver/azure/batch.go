package azure

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// errDamagedAnswer is an answer that the SDK can't take apart.
var errDamagedAnswer = errors.New("the parts of the answer can't be told apart")

const (
	// maxBatch is how many blobs one request may delete (REST: "Blob Batch").
	maxBatch = 256
	// minBatch is from how many on that is worth a request of its own.
	minBatch = 3
)

// victim is a blob to be deleted, as it was when it was looked at.
type victim struct {
	name string
	etag azcore.ETag
}

// batches deletes many blobs with one request, where the service can. Accounts
// exist that can't (REST: "Blob Batch", remarks), and so do signatures that
// don't cover it: after a refusal it isn't tried again.
type batches struct{ refused atomic.Bool }

// deleteBatch deletes what it can with one request, and returns the rest. It is
// a shortcut only and never tried twice: what became of a blob that it doesn't
// know of shows when that is deleted by itself, under the same condition.
func (d *driver) deleteBatch(ctx context.Context, victims []victim) (left []victim) {
	if d.batches.refused.Load() || len(victims) < minBatch {
		return victims
	}
	builder, err := d.newBatch(victims)
	if err != nil {
		return victims
	}
	gone := make([]bool, len(victims))
	err = d.once(ctx, call{op: opBatch, blob: victims[0].name}, func(ctx context.Context) error {
		return d.submit(ctx, builder, gone)
	})
	if judge(err) == refused || judge(err) == absent {
		d.batches.refused.Store(true)
	}
	for i, v := range victims {
		if gone[i] {
			d.recent.forget(v.name)
		} else {
			left = append(left, v)
		}
	}
	return left
}

func (d *driver) newBatch(victims []victim) (*container.BatchBuilder, error) {
	builder, err := d.container.NewBatchBuilder()
	if err != nil {
		return nil, err
	}
	for _, v := range victims {
		if err := builder.Delete(v.name, &container.BatchDeleteOptions{
			DeleteOptions: blob.DeleteOptions{AccessConditions: ifMatch(v.etag)},
		}); err != nil {
			return nil, err
		}
	}
	return builder, nil
}

// submit sends the batch and notes which of its blobs are gone. The numbers of
// the answer's parts tell; the names that the SDK gives them are wrong where the
// account is a part of the path, as in Azurite.
func (d *driver) submit(ctx context.Context, builder *container.BatchBuilder, gone []bool) (err error) {
	// The SDK takes the numbers for indices, and panics if one was damaged on the
	// way (azblob, ParseBlobBatchResponse).
	defer func() {
		if recover() != nil {
			err = errDamagedAnswer
		}
	}()
	resp, err := d.container.SubmitBatch(ctx, builder, nil)
	for _, part := range resp.Responses {
		if part.ContentID != nil && part.Error == nil {
			gone[*part.ContentID] = true
		}
	}
	return err
}
