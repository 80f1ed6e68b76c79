package service

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// Blocks is a block blob that is stored block by block and appears at once. Not
// safe for concurrent use.
type Blocks struct {
	c    *Client
	name string
	ids  []string
}

// Blocks begins a block blob. Nothing is asked of the service.
func (c *Client) Blocks(name string) *Blocks { return &Blocks{c: c, name: name} }

// Stage stores one block. A block is known by its name, so that sending it twice
// is the same as sending it once.
func (b *Blocks) Stage(ctx context.Context, block []byte) error {
	id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%08d", len(b.ids)))
	_, err := b.c.change(ctx, call{opStage, b.name, block}, func(ctx context.Context, body *body) error {
		_, err := b.c.container.NewBlockBlobClient(b.name).StageBlock(ctx, id, body, &blockblob.StageBlockOptions{
			TransactionalValidation: b.c.checksum(block),
		})
		return err
	})
	if err == nil {
		b.ids = append(b.ids, id)
		Stored(len(block))
	}
	return err
}

// Commit makes a blob of the blocks, and gives its ETag.
func (b *Blocks) Commit(ctx context.Context, condition Condition) (etag ETag, doubt bool, err error) {
	doubt, err = b.c.change(ctx, call{op: opCommit, blob: b.name}, func(ctx context.Context, _ *body) error {
		resp, err := b.c.container.NewBlockBlobClient(b.name).CommitBlockList(ctx, b.ids, &blockblob.CommitBlockListOptions{
			AccessConditions: condition.access(),
		})
		etag = value(resp.ETag)
		return err
	})
	return etag, doubt, err
}
