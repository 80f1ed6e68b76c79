package storage

import (
	"context"
	"fmt"
	"io"
	"path"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/internal/uuid"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// quarantineRoot holds what was found under a digest and isn't what the digest
// stands for. It lies beside the storage path of the registry, so that nothing
// lists, serves or collects it.
const quarantineRoot = storagePathRoot + "quarantine"

// putAside keeps a copy of what is stored under the digest of desc, stored bytes
// long, before it is replaced by the content that desc describes.
//
// It is copied and not moved: another client may push the same content at the
// same time, and what that client was told is stored must not be taken away.
func (bs *blobStore) putAside(ctx context.Context, desc v1.Descriptor, stored int64) error {
	blobPath, err := bs.path(desc.Digest)
	if err != nil {
		return err
	}
	aside := path.Join(quarantineRoot, "blob-"+desc.Digest.Encoded()[:16]+"-"+uuid.NewString(), "original")

	if err := bs.copyFile(ctx, blobPath, aside); err != nil {
		if fi, statErr := bs.driver.Stat(ctx, blobPath); statErr == nil && fi.Size() == desc.Size {
			return nil // the other client has replaced it
		}
		return fmt.Errorf("putting aside %s, which is %d bytes long instead of %d: %w", blobPath, stored, desc.Size, err)
	}
	dcontext.GetLogger(ctx).Warnf("blob %s is %d bytes long instead of %d: put aside to %s and replaced by what was pushed", desc.Digest, stored, desc.Size, aside)
	return nil
}

// copyFile copies the file at source to dest.
func (bs *blobStore) copyFile(ctx context.Context, source, dest string) error {
	from, err := bs.driver.Reader(ctx, source, 0)
	if err != nil {
		return err
	}
	defer from.Close()

	to, err := bs.driver.Writer(ctx, dest, false)
	if err != nil {
		return err
	}
	defer to.Close()

	if _, err := io.Copy(to, from); err != nil {
		return err
	}
	return to.Commit(ctx)
}
