package service

import (
	"context"
	"errors"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// errDamagedAnswer is an answer that the SDK can't take apart.
var errDamagedAnswer = errors.New("the parts of the answer can't be told apart")

const (
	// MaxBatch is how many blobs one request may delete (REST: "Blob Batch").
	MaxBatch = 256
	// minBatch is from how many on that is worth a request of its own.
	minBatch = 3
)

// Victim is a blob to be deleted, as it was when it was looked at.
type Victim struct {
	Name    string
	ETag    ETag
	Created time.Time // zero if it isn't known
}

// Victim is the blob of that name, as it was looked at.
func (p Properties) Victim(name string) Victim {
	return Victim{Name: name, ETag: p.ETag, Created: p.Created}
}

// Victim is the blob as the listing shows it.
func (i Item) Victim() Victim {
	return Victim{Name: i.Name, ETag: i.ETag, Created: i.Created}
}

// DeleteBatch deletes up to MaxBatch blobs with one request as far as the
// service lets it, and returns the others. It is a shortcut only and never tried
// twice: what became of a blob that it doesn't know of shows when that is deleted
// by itself, under the same condition. Accounts exist that refuse batches, and
// blobs that can't be deleted in one: with snapshots, or with earlier versions
// (REST: "Blob Batch"; azure-sdk-for-net#23319).
func (c *Client) DeleteBatch(ctx context.Context, victims []Victim) (left []Victim) {
	if len(victims) < minBatch {
		return victims
	}
	builder, err := c.newBatch(victims)
	if err != nil {
		return victims
	}
	gone := make([]bool, len(victims))
	_ = c.once(ctx, call{op: opBatch, blob: victims[0].Name}, 0, func(ctx context.Context, _ *body) error {
		return c.submit(ctx, builder, gone)
	})
	for i, v := range victims {
		if !gone[i] {
			left = append(left, v)
		}
	}
	return left
}

func (c *Client) newBatch(victims []Victim) (*container.BatchBuilder, error) {
	builder, err := c.container.NewBatchBuilder()
	if err != nil {
		return nil, err
	}
	for _, v := range victims {
		if err := builder.Delete(v.Name, &container.BatchDeleteOptions{
			DeleteOptions: blob.DeleteOptions{AccessConditions: IfMatch(v.ETag).access()},
		}); err != nil {
			return nil, err
		}
	}
	return builder, nil
}

// submit sends the batch and notes which of its blobs are gone. The numbers of
// the answer's parts tell; the names that the SDK gives them are wrong where the
// account is a part of the path, as in Azurite. A part may lack its number.
func (c *Client) submit(ctx context.Context, builder *container.BatchBuilder, gone []bool) (err error) {
	// The SDK takes the numbers for indices, and panics if one was damaged on the
	// way (azblob, ParseBlobBatchResponse).
	defer func() {
		if recover() != nil {
			err = errDamagedAnswer
		}
	}()
	resp, err := c.container.SubmitBatch(ctx, builder, nil)
	for _, part := range resp.Responses {
		if part.ContentID != nil && part.Error == nil {
			gone[*part.ContentID] = true
		}
	}
	return err
}
