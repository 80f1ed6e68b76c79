package azure

import (
	"context"
	"fmt"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// Move copies the blob at sourcePath to destPath inside the service, and
// deletes the source once the copy is complete. A blob at destPath is replaced.
//
// The copy is of the source as it was looked at, onto a destination as it was
// looked at, and the source is deleted only as that same blob: none of the
// requests can undo anything newer, however late it is carried out. A copy under
// way goes on when its caller goes away: what it makes is complete, or isn't
// there for anybody.
//
// An upload that this driver committed is moved only at the length that it had
// then: the registry verifies it in between, and another registry may append to
// it meanwhile. What an append blob holds up to some length never changes.
func (d *driver) Move(ctx context.Context, sourcePath, destPath string) error {
	m, err := d.newMove(ctx, sourcePath, destPath)
	if err != nil {
		return err
	}
	m.condition = service.IfAbsent()
	return m.carryOut(ctx, sourcePath)
}

// newMove looks at the source.
func (d *driver) newMove(ctx context.Context, sourcePath, destPath string) (*move, error) {
	from, err := d.complete(ctx, sourcePath)
	if err != nil {
		return nil, err
	}
	m := &move{d: d, source: d.names.blobName(sourcePath), dest: d.names.blobName(destPath), from: from, since: from.Modified}
	if end, ok := d.committed.get(m.source); ok && end != from.Size {
		return nil, fmt.Errorf("azure: move %q: %d bytes were committed, %d are stored: %w", m.source, end, from.Size, ErrCorruptedData)
	}
	return m, nil
}

// carryOut copies, and then deletes the source.
func (m *move) carryOut(ctx context.Context, sourcePath string) error {
	m.d.recent.forget(m.dest)
	if err := m.copy(ctx); err != nil {
		if service.Judge(err) == service.Absent {
			return notFound(sourcePath)
		}
		return err
	}
	return m.removeSource(ctx)
}

// move is one Move under way.
type move struct {
	d            *driver
	source, dest string
	from         service.Properties // the source as it was looked at
	since        time.Time          // when the source was last written to before the move
	condition    service.Condition  // that the next copy puts on the destination
	pinned       bool               // the destination is to be as it was seen before the move
	doubt        bool               // an earlier copy request may have been carried out
	failed       error              // why the last copy came to nothing
	left         service.Victim     // what that copy left
}

// copy returns nil when the destination is a complete copy of the source.
func (m *move) copy(ctx context.Context) error {
	for laps := m.d.service.Contention(); ; {
		done, err := m.start(ctx)
		if done || err != nil {
			return err
		}
		if err := laps.Lap(ctx, "copy blob", m.dest, m.failed); err != nil {
			m.clear(ctx)
			return err
		}
	}
}

// start asks for the copy and sees it through. It is not done, without an
// error, if source and destination have to be looked at again.
func (m *move) start(ctx context.Context) (done bool, err error) {
	to, doubt, err := m.d.service.Copy(ctx, m.source, m.from.ETag, m.dest, m.condition)
	m.doubt = m.doubt || doubt
	switch service.Judge(err) {
	case service.Applied:
		return m.ended(ctx, to)
	case service.Exists, service.Changed, service.Copying, service.OtherType:
		if m.pinned {
			return m.settlePinned(ctx, service.Judge(err))
		}
		return m.settle(ctx, service.Judge(err))
	case service.SourceChanged, service.Absent:
		return false, m.checkSource(ctx)
	default:
		return false, err
	}
}

// ended deals with a copy that is no longer pending. A failed one left an empty
// blob, over which the next is made.
func (m *move) ended(ctx context.Context, to service.Properties) (done bool, err error) {
	if to.Complete() {
		return to.CopySource == "" || m.copied(to), nil // without details it is the answer to our request
	}
	m.condition, m.left = service.IfMatch(to.ETag), to.Victim(m.dest)
	m.failed = fmt.Errorf("copy of %q to %q did not complete: %s %s", m.source, m.dest, to.CopyStatus, to.CopyDetail)
	service.Logger(ctx).WithField("blob", m.dest).WithError(m.failed).Warn("copy did not complete: trying again over what it left")
	return false, nil
}

// clear removes what a failed copy left, when no other copy is tried, unless it leads
// readers to what was to be copied.
func (m *move) clear(ctx context.Context) {
	if m.left.ETag == "" || isUpload(m.source) {
		return
	}
	if _, err := m.d.service.Delete(ctx, m.left); err != nil {
		service.Logger(ctx).WithField("blob", m.dest).WithError(err).Error("copy was given up, but what it left could not be removed")
	}
}

// settle looks at the destination that is in the way.
func (m *move) settle(ctx context.Context, why service.Verdict) (done bool, err error) {
	to, err := m.d.service.Properties(ctx, m.dest)
	switch {
	case service.Judge(err) == service.Absent:
		m.condition = service.IfAbsent()
		if why == service.OtherType { // of an earlier version
			return m.rewrite(ctx, m.otherType())
		}
		return false, m.checkSource(ctx)
	case err != nil:
		return false, err
	case to.Pending():
		// Ours, that of a replica which moves the same blob, or somebody else's.
		if to, err = m.d.service.AwaitCopy(ctx, m.dest); err != nil {
			if service.Judge(err) == service.Absent {
				m.condition = service.IfAbsent()
				return false, nil
			}
			return false, err
		}
		if m.copied(to) || !to.Complete() {
			return m.ended(ctx, to)
		}
	case to.Directory:
		m.condition = service.IfAbsent()
		_, err := m.d.service.Delete(ctx, to.Victim(m.dest)) // an empty one, or the service refuses
		return false, err
	case m.doubt && m.copied(to):
		return true, nil
	}
	m.condition = service.IfMatch(to.ETag)
	if to.Complete() && to.Size == m.from.Size {
		if done, err := m.same(ctx, to); done || err != nil {
			return done, err
		}
	}
	if why == service.OtherType {
		return m.rewrite(ctx, to.Type)
	}
	return false, m.checkSource(ctx)
}

// copied reports whether the blob is a complete copy of the source.
func (m *move) copied(to service.Properties) bool {
	return to.Complete() && to.CopyID != "" && to.Size == m.from.Size && m.d.service.CopiedFrom(to, m.source)
}

// checkSource looks at the source again: it may have got new metadata, but not
// new bytes.
func (m *move) checkSource(ctx context.Context) error {
	now, err := m.d.service.Properties(ctx, m.source)
	if err != nil {
		return err
	}
	if !now.SameBytes(m.from) {
		return fmt.Errorf("azure: move %q: written to while it was moved: %w", m.source, ErrCorruptedData)
	}
	m.from = now
	return nil
}

// removeSource deletes the source, if it still holds what was moved.
func (m *move) removeSource(ctx context.Context) error {
	for laps := m.d.service.Contention(); ; {
		m.d.recent.forget(m.source)
		gone, err := m.d.service.Delete(ctx, m.from.Victim(m.source))
		if err != nil {
			return err
		}
		if gone {
			if !m.d.hierarchy.present() {
				return nil // not worth a request to ask; the folder of an upload goes by itself
			}
			return m.d.prune(ctx, m.source)
		}
		now, err := m.d.service.Properties(ctx, m.source)
		switch {
		case service.Judge(err) == service.Absent:
			return nil
		case err != nil:
			return err
		case !now.SameBytes(m.from):
			service.Logger(ctx).WithField("blob", m.source).Warn("moved blob was written to meanwhile: what is newer stays")
			return nil
		}
		m.from = now
		if err := laps.Lap(ctx, "delete blob", m.source, nil); err != nil {
			return err
		}
	}
}

// otherType is the type that the source hasn't.
func (m *move) otherType() service.BlobType {
	if m.from.Type == service.AppendBlob {
		return service.BlockBlob
	}
	return service.AppendBlob
}

// rewrite stores the source's bytes at the destination as a blob of another
// type, where the service can't copy: all versions of a name have one type.
func (m *move) rewrite(ctx context.Context, kind service.BlobType) (done bool, err error) {
	r, err := m.d.service.Open(ctx, m.source, 0)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if !r.Properties().SameBytes(m.from) && r.Properties().ETag != m.from.ETag {
		return false, m.checkSource(ctx)
	}
	if kind == service.AppendBlob {
		return m.d.putAppend(ctx, m.dest, m.source+string(m.from.ETag), r, m.condition)
	}
	return m.d.putBlocks(ctx, m.dest, r, m.condition)
}
