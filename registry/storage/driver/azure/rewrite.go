package azure

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// replacing is in the name of a blob whose bytes are about to replace another's.
const replacing = ".replacing-"

// putAppend replaces what is stored under name by an append blob with the bytes
// of r, at once for readers: they are appended to a blob of another name, which is
// copied over. It is not done, without an error, if the condition isn't met.
//
// The other name is made of what says which bytes these are. So whoever does the
// same at the same time, or did it before and was killed, stores the same bytes
// there, which the protocol of appends copes with.
func (d *driver) putAppend(ctx context.Context, name, bytesOf string, r io.Reader, condition service.Condition) (done bool, err error) {
	sum := sha256.Sum256([]byte(bytesOf))
	beside := name + replacing + hex.EncodeToString(sum[:8])
	if _, _, err := d.service.CreateAppend(ctx, beside, service.IfAbsent()); err != nil && service.Judge(err) != service.Exists {
		return false, err
	}
	defer d.discard(ctx, beside)

	log := appendlog.New(appendBlob{d.service.Appender(beside)}, beside, 0, budget.New(d.service.Budget()), logAppends(ctx, beside))
	if err := eachBlock(r, d.maxBlock, func(block []byte) error { return log.Append(ctx, block) }); err != nil {
		return false, unlessReplaced(err)
	}
	if err := log.Finish(); err != nil {
		return false, err
	}
	from, err := d.service.Properties(ctx, beside)
	if err != nil {
		return false, unlessReplaced(err)
	}
	to, doubt, err := d.service.Copy(ctx, beside, from.ETag, name, condition)
	switch service.Judge(err) {
	case service.Applied:
		return to.Complete(), nil
	case service.Exists, service.Changed, service.Copying, service.SourceChanged, service.Absent:
		if !doubt {
			return false, nil
		}
		to, err := d.service.AwaitCopy(ctx, name)
		return err == nil && to.Complete() && d.service.CopiedFrom(to, beside), unlessReplaced(err)
	default:
		return false, err
	}
}

// discard removes a blob that only this call knows, also when its caller has
// gone.
func (d *driver) discard(ctx context.Context, name string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), d.settings.TryTimeout)
	defer cancel()
	p, err := d.service.Properties(ctx, name)
	if err == nil {
		_, err = d.service.Delete(ctx, p.Victim(name))
	}
	if err != nil && service.Judge(err) != service.Absent {
		service.Logger(ctx).WithField("blob", name).WithError(err).Warn("a blob that was only needed for a moment could not be removed")
	}
}

// putBlocks replaces what is stored under name by a block blob with the bytes of
// r, at once for readers. It is not done, without an error, if the condition isn't
// met.
func (d *driver) putBlocks(ctx context.Context, name string, r io.Reader, condition service.Condition) (done bool, err error) {
	upload := d.service.Blocks(name)
	if err := eachBlock(r, d.maxBlock, func(block []byte) error { return upload.Stage(ctx, block) }); err != nil {
		return false, err
	}
	_, _, err = upload.Commit(ctx, condition)
	switch service.Judge(err) {
	case service.Applied:
		return true, nil
	case service.Exists, service.Changed:
		return false, nil
	default:
		return false, err
	}
}

// eachBlock reads r to its end in blocks of so many bytes, the last one smaller.
func eachBlock(r io.Reader, size int, do func([]byte) error) error {
	block := make([]byte, size)
	for {
		n, err := io.ReadFull(r, block)
		if n > 0 {
			if err := do(block[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
	}
}
