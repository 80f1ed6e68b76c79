package azure

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"regexp"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// putAppend replaces what is stored under name by an append blob with the bytes
// of r, at once for readers: they are appended to a blob of another name, which is
// copied over. It is not done, without an error, if the condition isn't met.
//
// The other name is made of what says which bytes these are. So whoever does the
// same at the same time, or did it before and was killed, stores the same bytes
// there, which the protocol of appends copes with.
func (d *driver) putAppend(ctx context.Context, name, bytesOf string, r io.Reader, condition service.Condition) (done bool, err error) {
	sum := sha256.Sum256([]byte(bytesOf))
	beside := name + putMark + hex.EncodeToString(sum[:8])
	if _, _, err := d.service.CreateAppend(ctx, beside, service.IfAbsent()); err != nil && service.Judge(err) != service.Exists {
		return false, err
	}
	m := move{d: d, source: beside, dest: name, condition: condition, pinned: true}
	defer d.discard(ctx, beside)

	log := appendlog.New(appendBlob{d.service.Appender(beside)}, beside, 0, budget.New(d.service.Budget()), logAppends(ctx, beside))
	if err := eachBlock(r, d.maxBlock, func(block []byte) error { return log.Append(ctx, block) }); err != nil {
		return false, unlessReplaced(err)
	}
	if err := log.Finish(); err != nil {
		return false, err
	}
	m.from, err = d.service.Properties(ctx, beside)
	if err != nil {
		return false, unlessReplaced(err)
	}
	m.since = m.from.Modified
	err = m.copy(ctx)
	switch {
	case errors.Is(err, errNotAsSeen), errors.Is(err, ErrCorruptedData), service.Judge(err) == service.Absent:
		return false, nil // whoever did the same has finished and removed the other name
	default:
		return err == nil, err
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
	err = eachBlock(r, d.maxBlock, func(block []byte) error { return upload.Stage(ctx, block) })
	if err == nil {
		_, err = upload.Commit(ctx, condition)
	}
	switch service.Judge(err) {
	case service.Applied:
		return true, nil
	case service.Exists, service.Changed, service.OtherType:
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
		case err == io.EOF || err == io.ErrUnexpectedEOF: //nolint:errorlint // of ReadFull itself: a download that broke off wraps it
			return nil
		case err != nil:
			return err
		}
	}
}

// addressed are names that say what a blob holds.
var addressed = regexp.MustCompile(`/blobs/[a-z0-9]+/[0-9a-f]{2}/[0-9a-f]{32,}/data$`)

// same reports whether a blob at the destination has the bytes of the source
// already, as when two clients push one layer at the same time. It is not copied
// over then, because a copy may empty its destination until it is complete: what
// somebody was told is stored would be gone for that time. Blobs of the same
// size and other bytes are copied over.
//
// A blob of the same size that appeared under the same digest since this upload
// began is another push of the same bytes. Anything else is compared.
func (m *move) same(ctx context.Context, to service.Properties) (bool, error) {
	twin := addressed.MatchString(m.dest) && !m.from.Created.IsZero() && !to.Modified.Before(m.from.Created)
	if !twin {
		equal, err := m.d.equalContent(ctx, m.source, m.dest)
		if err != nil || !equal {
			return false, err
		}
	}
	_, same, err := m.d.service.Touch(ctx, m.dest, to)
	return same, err
}

// comparePiece is how much of each blob is held in memory while comparing.
const comparePiece = 1 << 20

// equalContent reports whether two blobs have the same bytes, by reading both.
// A blob that changes or goes meanwhile makes them differ.
func (d *driver) equalContent(ctx context.Context, a, b string) (bool, error) {
	readerA, err := d.service.Open(ctx, a, 0)
	if err != nil {
		return false, unlessReplaced(err)
	}
	defer readerA.Close()
	readerB, err := d.service.Open(ctx, b, 0)
	if err != nil {
		return false, unlessReplaced(err)
	}
	defer readerB.Close()
	end := readerA.Properties().Size
	if readerB.Properties().Size != end {
		return false, nil
	}
	pieceA, pieceB := make([]byte, comparePiece), make([]byte, comparePiece)
	for readerA.Offset() < end {
		n := min(comparePiece, end-readerA.Offset())
		if _, err := io.ReadFull(readerA, pieceA[:n]); err != nil {
			return false, unlessReplaced(err)
		}
		if _, err := io.ReadFull(readerB, pieceB[:n]); err != nil {
			return false, unlessReplaced(err)
		}
		if !bytes.Equal(pieceA[:n], pieceB[:n]) {
			return false, nil
		}
	}
	return true, nil
}

// holdsContent reports whether the blob that was looked at holds these bytes.
func (d *driver) holdsContent(ctx context.Context, name string, p service.Properties, content []byte) (bool, error) {
	r, err := d.service.Open(ctx, name, 0)
	if err != nil {
		return false, unlessReplaced(err)
	}
	defer r.Close()
	if r.Properties().ETag != p.ETag {
		return false, nil
	}
	stored := make([]byte, len(content))
	if _, err := io.ReadFull(r, stored); err != nil {
		return false, unlessReplaced(err)
	}
	return bytes.Equal(stored, content), nil
}

// unlessReplaced is nil for an error that says that a blob is not the one it
// was, or not there any more.
func unlessReplaced(err error) error {
	var replaced *ReplacedError
	if errors.As(err, &replaced) || service.Judge(err) == service.Absent ||
		err == io.ErrUnexpectedEOF { //nolint:errorlint // of ReadFull itself: a download that broke off wraps it
		return nil
	}
	return err
}
