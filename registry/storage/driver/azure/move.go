package azure

import (
	"cmp"
	"context"
	"fmt"
	"net/url"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// Move copies the blob at sourcePath to destPath inside the service, and
// deletes the source once the copy is complete. A blob at destPath is replaced.
//
// The copy is of the source as it was looked at, onto a destination as it was
// looked at, and the source is deleted only as that same blob: none of the
// requests can undo anything newer, however late it is carried out. A copy that
// fails or is given up leaves nothing at destPath.
func (d *driver) Move(ctx context.Context, sourcePath, destPath string) error {
	source := d.names.blobName(sourcePath)
	from, err := d.properties(ctx, source)
	switch {
	case judge(err) == absent, err == nil && !from.there():
		return storagedriver.PathNotFoundError{Path: sourcePath, DriverName: driverName}
	case err != nil:
		return err
	}
	m := move{
		d: d, source: source, dest: d.names.blobName(destPath), from: from,
		url:       d.container.NewBlobClient(source).URL(),
		condition: ifAbsent(),
	}
	if err := m.copy(ctx); err != nil {
		if judge(err) == absent {
			return storagedriver.PathNotFoundError{Path: sourcePath, DriverName: driverName}
		}
		return err
	}
	gone, err := d.deleteIf(ctx, source, from.etag)
	if err == nil && !gone {
		logger(ctx).WithField("blob", source).Warn("moved blob was written to meanwhile: what is newer stays")
	}
	return err
}

// move is one Move under way.
type move struct {
	d            *driver
	source, dest string
	url          string // of the source
	from         properties
	condition    *blob.AccessConditions // that the next copy puts on the destination
	doubt        bool                   // an earlier copy request may have been carried out
	failed       error                  // why the last copy came to nothing
}

// copy returns nil when the destination is a complete copy of the source.
func (m *move) copy(ctx context.Context) error {
	for laps := m.d.contention(); ; {
		done, err := m.start(ctx)
		if done || err != nil {
			return err
		}
		if err := laps.lap(ctx, cmp.Or(m.failed, errContended(opCopy, m.dest))); err != nil {
			return err
		}
	}
}

// start asks for the copy and sees it through. It is not done, without an
// error, if the destination has to be looked at again.
func (m *move) start(ctx context.Context) (done bool, err error) {
	var resp blob.StartCopyFromURLResponse
	doubt, err := m.d.attempt(ctx, call{op: opCopy, blob: m.dest}, func(ctx context.Context) (err error) {
		resp, err = m.d.container.NewBlobClient(m.dest).StartCopyFromURL(ctx, m.url, &blob.StartCopyFromURLOptions{
			SourceModifiedAccessConditions: &blob.SourceModifiedAccessConditions{SourceIfMatch: &m.from.etag},
			AccessConditions:               m.condition,
		})
		return err
	})
	m.doubt = m.doubt || doubt
	switch judge(err) {
	case applied:
		if value(resp.CopyStatus) == blob.CopyStatusTypeSuccess {
			return true, nil // of the source under that ETag, so all of it
		}
		return m.await(ctx, value(resp.CopyID))
	case exists, changed, copying, otherType:
		return m.settle(ctx, judge(err))
	case sourceChanged:
		return false, m.writtenTo(err)
	default:
		if doubt && ctx.Err() != nil {
			m.disown(ctx)
		}
		return false, err
	}
}

// settle looks at the destination that is in the way.
func (m *move) settle(ctx context.Context, why verdict) (done bool, err error) {
	to, err := m.d.properties(ctx, m.dest)
	switch {
	case judge(err) == absent:
		m.condition = ifAbsent()
		return false, m.checkSource(ctx)
	case err != nil:
		return false, err
	case to.pending() && m.isSource(to.copySource):
		return m.await(ctx, to.copyID) // ours, or that of a replica which moves the same blob
	case to.pending():
		return false, m.waitFor(ctx, to.copyID) // somebody else's
	case m.doubt && m.isSource(to.copySource) && m.complete(to):
		return true, nil
	case !to.there(), why == otherType:
		// What is left of a copy that failed, or a blob of a type that can't be
		// copied over (REST: "Copy Blob", InvalidBlobType).
		_, err := m.d.deleteIf(ctx, m.dest, to.etag)
		m.condition = ifAbsent()
		return false, err
	case to.size == m.from.size:
		return m.same(ctx, to)
	default:
		m.condition = ifMatch(to.etag)
		return false, nil
	}
}

// checkSource tells whether it was the condition on the source that failed, where
// nothing is wrong with the destination: Azurite doesn't say which it was.
func (m *move) checkSource(ctx context.Context) error {
	now, err := m.d.properties(ctx, m.source)
	if err == nil && now.etag != m.from.etag {
		return m.writtenTo(errContended(opCopy, m.source))
	}
	return err
}

func (m *move) writtenTo(err error) error {
	return fmt.Errorf("azure: move %q: written to while it was moved: %w: %w", m.source, ErrCorruptedData, err)
}

// same reports whether a blob at the destination has the bytes of the source
// already, as when two clients push one layer at the same time. It is not copied
// over then, because a copy empties its destination until it is complete: what
// somebody was told is stored would be gone for that time, and for good if the
// copy failed. Blobs of the same size and other bytes are copied over.
func (m *move) same(ctx context.Context, to properties) (bool, error) {
	equal, err := m.d.equalContent(ctx, m.source, m.dest)
	if err != nil {
		return false, err
	}
	if !equal {
		m.condition = ifMatch(to.etag)
		return false, nil
	}
	return m.d.touch(ctx, m.dest, to)
}

// complete reports whether a blob that a copy of the source made has all of it.
func (m *move) complete(to properties) bool {
	return to.copyStatus == blob.CopyStatusTypeSuccess && to.size == m.from.size
}

// isSource reports whether the service names the source of this move as that of
// a copy. It may spell the URL differently, and leaves out a signature.
func (m *move) isSource(copySource string) bool {
	a, errA := url.Parse(copySource)
	b, errB := url.Parse(m.url)
	return errA == nil && errB == nil && a.Host == b.Host && a.Path == b.Path
}
