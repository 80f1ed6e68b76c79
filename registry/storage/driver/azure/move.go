package azure

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// errCopyTimeout is why a copy is given up that is still pending.
var errCopyTimeout = errors.New("still pending after copy_timeout")

const (
	firstCopyPoll = 50 * time.Millisecond
	lastCopyPoll  = 5 * time.Second
	// cleanUpTime bounds what is done for a copy after its caller has gone.
	cleanUpTime = 30 * time.Second
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
}

// copy returns nil when the destination is a complete copy of the source.
func (m *move) copy(ctx context.Context) error {
	for laps := m.d.contention(); ; {
		done, err := m.start(ctx)
		if done || err != nil {
			return err
		}
		if err := laps.lap(ctx, opCopy, m.dest); err != nil {
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
		return m.await(ctx, value(resp.CopyID))
	case exists, changed, copying, otherType:
		return m.settle(ctx, judge(err))
	case sourceChanged:
		return false, fmt.Errorf("azure: move %q: written to while it was moved: %w: %w", m.source, ErrCorruptedData, err)
	default:
		return false, err
	}
}

// settle looks at the destination that is in the way.
func (m *move) settle(ctx context.Context, why verdict) (done bool, err error) {
	to, err := m.d.properties(ctx, m.dest)
	switch {
	case judge(err) == absent:
		m.condition = ifAbsent()
		return false, nil
	case err != nil:
		return false, err
	case to.pending() && m.isSource(to.copySource):
		return m.await(ctx, to.copyID) // ours, or that of a replica which moves the same blob
	case to.pending():
		return false, nil // somebody else's: wait for its end
	case m.doubt && m.isSource(to.copySource) && m.complete(to):
		return true, nil
	case !to.there(), why == otherType:
		// What is left of a copy that failed, or a blob of a type that can't be
		// copied over (REST: "Copy Blob", InvalidBlobType).
		_, err := m.d.deleteIf(ctx, m.dest, to.etag)
		m.condition = ifAbsent()
		return false, err
	default:
		m.condition = ifMatch(to.etag)
		return false, nil
	}
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

// await polls a copy until it really ends. It is done if the copy succeeded and
// is not, without an error, if the copy failed or was aborted: then what it left
// has been removed, and another may be tried.
func (m *move) await(ctx context.Context, copyID string) (done bool, err error) {
	start := time.Now()
	limited, cancel := context.WithTimeoutCause(ctx, m.d.settings.copyTimeout, errCopyTimeout)
	defer cancel()
	for wait := firstCopyPoll; ; wait = min(2*wait, lastCopyPoll) {
		to, err := m.d.properties(limited, m.dest)
		switch {
		case limited.Err() != nil:
			m.abandon(ctx, copyID)
			return false, fmt.Errorf("azure: copy of %q to %q given up after %s: %w", m.source, m.dest, time.Since(start).Round(time.Millisecond), context.Cause(limited))
		case judge(err) == absent:
			m.condition = ifAbsent()
			return false, nil
		case err != nil:
			m.abandon(ctx, copyID)
			return false, err
		case to.copyID != copyID:
			return m.settle(ctx, exists)
		case m.complete(to):
			copyWaitSeconds.Observe(time.Since(start).Seconds())
			return true, nil
		case !to.pending():
			return false, m.remove(ctx, to)
		}
		pause(limited, wait)
	}
}

// abandon aborts a copy on behalf of a caller that may be gone, and removes what
// it left. A copy that completes in that moment stays: it is complete.
func (m *move) abandon(ctx context.Context, copyID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	_, err := m.d.attempt(ctx, call{op: opAbortCopy, blob: m.dest}, func(ctx context.Context) error {
		_, err := m.d.container.NewBlobClient(m.dest).AbortCopyFromURL(ctx, copyID, nil)
		return err
	})
	to, lookErr := m.d.properties(ctx, m.dest)
	switch {
	case judge(lookErr) == absent:
		return
	case lookErr == nil && (to.copyID != copyID || m.complete(to)):
		return
	case lookErr == nil:
		err = m.remove(ctx, to)
	}
	if err != nil {
		logger(ctx).WithField("blob", m.dest).WithError(err).Error("copy was given up, but what it left could not be removed")
	}
}

// remove deletes what a copy left at the destination, if it is still that.
func (m *move) remove(ctx context.Context, left properties) error {
	logger(ctx).WithField("blob", m.dest).WithField("copy.status", left.copyStatus).Warn("copy did not complete: removing what it left")
	_, err := m.d.deleteIf(ctx, m.dest, left.etag)
	m.condition = ifAbsent()
	return err
}

// pause waits for so long, or until ctx ends.
func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
