package azure

import (
	"context"
	"errors"
	"fmt"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// ConditionNotMetError tells that a file isn't, or is no longer, what a call was
// to act on: somebody wrote to it or deleted it meanwhile. The call left it alone.
//
// It is known by its method ConditionNotMet, so that callers which work with any
// driver need not import this package:
//
//	var changed interface{ ConditionNotMet() bool }
//	if errors.As(err, &changed) && changed.ConditionNotMet() { ... }
type ConditionNotMetError struct {
	Path string // of the file
	ETag string // that it was to have; empty if there was to be no file
}

// Error names the file and what it was to be.
func (e *ConditionNotMetError) Error() string {
	if e.ETag == "" {
		return fmt.Sprintf("%s was to be absent, and is there", e.Path)
	}
	return fmt.Sprintf("%s is not, or no longer, the file with the ETag %s", e.Path, e.ETag)
}

// ConditionNotMet is true.
func (*ConditionNotMetError) ConditionNotMet() bool { return true }

// errNotAsSeen says that the destination of a pinned move isn't what it was.
var errNotAsSeen = errors.New("the destination is not what it was when it was looked at")

// ETag names the state of the file at path: whatever is stored there later has
// another one. Changes of its metadata, by a scanner or a tagger, count. The error
// is a PathNotFoundError if there is no file.
func (d *Driver) ETag(ctx context.Context, path string) (string, error) {
	if err := checkPaths(path); err != nil {
		return "", err
	}
	p, err := d.inner().complete(ctx, path)
	if err != nil {
		return "", unlessAbsent(err, "asking for the ETag of %s", path)
	}
	return string(p.ETag), nil
}

// MoveIfMatch is Move if the file at destPath still has the ETag or, if etag is
// empty, if there is none. The service judges that together with the write, also
// when the request is repeated or carried out late. If it isn't so, the error
// wraps a *ConditionNotMetError, and source and destination are left alone. It is
// a PathNotFoundError if there is no source.
//
// A copy that the service begins and doesn't end is begun again over what it left.
// The source goes last: another error may leave both.
func (d *Driver) MoveIfMatch(ctx context.Context, sourcePath, destPath, etag string) error {
	if err := checkPaths(sourcePath, destPath); err != nil {
		return err
	}
	m, err := d.inner().newMove(ctx, sourcePath, destPath)
	if err == nil {
		err = m.carryOutPinned(ctx, sourcePath, destPath, etag)
	}
	return unlessAbsent(err, "moving %s to %s", sourcePath, destPath)
}

// DeleteIfMatch deletes the file at path if it still has the ETag. If it has
// another one, the error wraps a *ConditionNotMetError, and nothing was deleted.
// It is a PathNotFoundError if there is no file.
func (d *Driver) DeleteIfMatch(ctx context.Context, path, etag string) error {
	if err := checkPaths(path); err != nil {
		return err
	}
	return unlessAbsent(d.inner().deleteIfMatch(ctx, path, etag), "deleting %s", path)
}

// AdoptIfMatch moves, inside the service, what is stored for path under a name of
// the other style (with a slash in front if legacyrootprefix is not set, without
// one if it is) to the name that this driver gives it. It does so if the file at
// path still has the ETag or, if etag is empty, if there is none; otherwise the
// error wraps a *ConditionNotMetError, and both are left alone. It is a
// PathNotFoundError if there is nothing under the other name.
func (d *Driver) AdoptIfMatch(ctx context.Context, path, etag string) error {
	if err := checkPaths(path); err != nil {
		return err
	}
	return unlessAbsent(d.inner().adopt(ctx, path, etag), "adopting %s", path)
}

func (d *driver) adopt(ctx context.Context, path, etag string) error {
	source := d.names.other().blobName(path)
	from, err := d.service.Properties(ctx, source)
	if missing(from, err) {
		return notFound(path)
	}
	if err != nil {
		return err
	}
	m := &move{d: d, source: source, dest: d.names.blobName(path), from: from, since: from.Modified}
	return m.carryOutPinned(ctx, path, path, etag)
}

// unlessAbsent says what was being done when an error occurred. A PathNotFoundError
// stays bare: upstream's code switches on its type.
func unlessAbsent(err error, doing string, paths ...any) error {
	var absent storagedriver.PathNotFoundError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &absent):
		return absent
	default:
		return fmt.Errorf("azure: "+doing+": %w", append(paths, err)...)
	}
}

// inner is the driver without what base.Base adds.
func (d *Driver) inner() *driver { return d.StorageDriver.(*driver) }

// checkPaths refuses what base.Base refuses.
func checkPaths(paths ...string) error {
	for _, p := range paths {
		if !storagedriver.PathRegexp.MatchString(p) {
			return storagedriver.InvalidPathError{Path: p, DriverName: driverName}
		}
	}
	return nil
}

func (d *driver) deleteIfMatch(ctx context.Context, path, etag string) error {
	name := d.names.blobName(path)
	p, err := d.complete(ctx, path)
	if err != nil {
		return err
	}
	d.recent.forget(name)
	gone := false
	if etag != "" && service.IfMatch(p.ETag) == service.IfMatch(service.ETag(etag)) {
		gone, err = d.service.Delete(ctx, p.Victim(name))
	}
	switch {
	case err != nil:
		return err
	case !gone:
		return &ConditionNotMetError{Path: path, ETag: etag}
	default:
		return d.prune(ctx, name)
	}
}

// carryOutPinned carries the move out if the destination is as the ETag says.
func (m *move) carryOutPinned(ctx context.Context, sourcePath, destPath, etag string) error {
	m.pinned, m.condition = true, service.IfAbsent()
	if etag != "" {
		m.condition = service.IfMatch(service.ETag(etag))
	}
	err := m.carryOut(ctx, sourcePath)
	if errors.Is(err, errNotAsSeen) {
		return &ConditionNotMetError{Path: destPath, ETag: etag}
	}
	return err
}

// settlePinned looks at the destination of a pinned move that is in the way. It is
// written over only if it still is what it was, or what a copy of this move left.
// What a failed copy left is nothing that anybody stored.
func (m *move) settlePinned(ctx context.Context, why service.Verdict) (done bool, err error) {
	to, err := m.d.service.Properties(ctx, m.dest)
	awaited := err == nil && to.Pending()
	if awaited {
		to, err = m.d.service.AwaitCopy(ctx, m.dest)
	}
	there := service.Judge(err) != service.Absent
	if err != nil && there {
		return false, err
	}
	absent := m.condition == service.IfAbsent()
	switch {
	case there && m.condition == service.IfMatch(to.ETag):
		if why == service.OtherType {
			return m.rewrite(ctx, to.Type)
		}
	case !there && absent:
		if why == service.OtherType { // of an earlier version
			return m.rewrite(ctx, m.otherType())
		}
	case there && (m.doubt || awaited) && m.madeFrom(to):
		return m.ended(ctx, to)
	case there && absent && to.Directory:
		_, err := m.d.service.Delete(ctx, to.Victim(m.dest)) // an empty one, or the service refuses
		return false, err
	case there && absent && !to.Complete():
		m.condition = service.IfMatch(to.ETag)
	default:
		return false, errNotAsSeen
	}
	return false, m.checkSource(ctx)
}

// madeFrom reports whether a copy of what the source is, and not of what it was
// earlier, was begun at the destination, whether or not it succeeded.
func (m *move) madeFrom(to service.Properties) bool {
	return m.d.service.CopiedFrom(to, m.source) && !to.Modified.Before(m.since)
}
