package service

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

const (
	// maxBlocks is how many blocks a block blob may have (REST: "Put Block List").
	maxBlocks = 50_000
	// blockNameSize is in bytes. All blocks of a blob need names of one length (REST:
	// "Put Block"), those that another version of the driver left included: it never
	// changes.
	blockNameSize = 8
)

// errManyBlocks tells that the content is too large for its blocks.
var errManyBlocks = errors.New("the content has more than 50,000 blocks, as many as a block blob may have; a larger chunksize makes fewer")

// Blocks is a block blob that is stored block by block and appears at once. Not
// safe for concurrent use.
//
// Blocks that aren't committed belong to the blob's name, not to who stored them:
// whoever commits a list takes all blocks of these names, and drops all others
// (REST: "Put Block", "Put Block List"). So each Blocks has names of its own.
type Blocks struct {
	c    *Client
	name string
	seed [16]byte // of the names
	ids  []string
	size int64 // bytes
}

// Blocks begins a block blob. Nothing is asked of the service.
func (c *Client) Blocks(name string) *Blocks {
	b := &Blocks{c: c, name: name}
	_, _ = rand.Read(b.seed[:]) // never fails
	return b
}

// nextID is the name of the next block. Names differ in more than a byte, so that
// a list which is damaged on its way names a block that there isn't, and not
// another one.
func (b *Blocks) nextID() string {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b.seed[:], uint64(len(b.ids))))
	return base64.StdEncoding.EncodeToString(sum[:blockNameSize])
}

// Stage stores one block. A block is known by its name, so that sending it twice
// is the same as sending it once.
func (b *Blocks) Stage(ctx context.Context, block []byte) error {
	if len(b.ids) == maxBlocks {
		return errManyBlocks
	}
	id := b.nextID()
	_, err := b.c.change(ctx, call{opStage, b.name, block}, func(ctx context.Context, body *body) error {
		_, err := b.c.container.NewBlockBlobClient(b.name).StageBlock(ctx, id, body, &blockblob.StageBlockOptions{
			TransactionalValidation: b.c.checksum(block),
		})
		return err
	})
	if err == nil {
		b.ids = append(b.ids, id)
		b.size += int64(len(block))
		Stored(len(block))
	}
	return err
}

// Commit makes a blob of the blocks, and gives its ETag. That somebody else's
// commit dropped the blocks is Changed. If an answer was lost, the names of the
// blocks that the blob has tell whether it is this one.
func (b *Blocks) Commit(ctx context.Context, condition Condition) (etag ETag, err error) {
	doubt, err := b.c.change(ctx, call{op: opCommit, blob: b.name}, func(ctx context.Context, _ *body) error {
		resp, err := b.c.container.NewBlockBlobClient(b.name).CommitBlockList(ctx, b.ids, &blockblob.CommitBlockListOptions{
			AccessConditions: condition.access(),
		})
		etag = value(resp.ETag)
		return err
	})
	if err == nil || !doubt {
		return etag, err
	}
	if verdict := Judge(err); verdict != Exists && verdict != Changed && !exhausted(err) {
		return "", err
	}
	etag, ours, looked := b.committed(ctx)
	switch {
	case ours:
		return etag, nil
	case looked == nil || Judge(looked) == Absent || exhausted(err):
		return "", err
	default:
		return "", looked
	}
}

// committed reports whether what is stored now is made of these blocks.
func (b *Blocks) committed(ctx context.Context) (etag ETag, ours bool, err error) {
	_, err = b.c.attempt(ctx, call{op: opBlocks, blob: b.name}, func(ctx context.Context, _ *body) error {
		resp, err := b.c.container.NewBlockBlobClient(b.name).GetBlockList(ctx, blockblob.BlockListTypeCommitted, nil)
		var ids []string
		for _, block := range resp.CommittedBlocks {
			ids = append(ids, value(block.Name))
		}
		etag, ours = value(resp.ETag), err == nil && value(resp.BlobContentLength) == b.size && slices.Equal(ids, b.ids)
		return err
	})
	return etag, ours, err
}
