package azure

import (
	"context"
	"errors"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/appendlog"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// ErrCorruptedData is what errors.Is finds in the error of a writer whose
// blob holds other bytes than the ones that were written to it.
var ErrCorruptedData = appendlog.ErrCorruptedData

// ConflictError tells which blob holds other bytes than the stream written to
// it, and from which offset on. It wraps ErrCorruptedData.
type ConflictError = appendlog.ConflictError

// ExhaustedError tells that a call was tried as often, or for as long, as the
// configuration allows. It wraps the error of the last attempt.
type ExhaustedError = budget.ExhaustedError

// ReplacedError tells that a blob was replaced, appended to or deleted while it
// was being read; what was read until then belongs to the blob as it was.
type ReplacedError = service.ReplacedError

// CallError says what was asked of the service and what it answered.
type CallError = service.CallError

// PolicyFunc is a policy of the SDK's pipeline without state of its own.
type PolicyFunc = service.PolicyFunc

const (
	// UDCGracePeriod is how long before its end a user delegation key is replaced.
	UDCGracePeriod = service.KeyRenewal
	// UDCExpiryTime is for how long a user delegation key is asked for.
	UDCExpiryTime = service.KeyLife
)

// notFound is the error for a path at which the service says there is nothing.
func notFound(path string) error {
	return storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
}

// openError is upstream's storagedriver.Error with a way to what it wraps, which
// upstream's has not.
type openError struct{ upstreams storagedriver.Error }

// Error is upstream's text.
func (e openError) Error() string { return e.upstreams.Error() }

// MarshalJSON is upstream's, too: it is what clients of the registry see.
func (e openError) MarshalJSON() ([]byte, error) { return e.upstreams.MarshalJSON() }

// Unwrap gives upstream's error, and the driver's own in it.
func (e openError) Unwrap() []error { return []error{e.upstreams, e.upstreams.Detail} }

// opened makes the driver's own error, which base.Base hides, visible to
// errors.Is and errors.As.
func opened(err error) error {
	if hidden, ok := err.(storagedriver.Error); ok { //nolint:errorlint // base.Base returns it bare
		return openError{hidden}
	}
	return err
}

// GetContent is the whole blob at path.
func (d *Driver) GetContent(ctx context.Context, path string) ([]byte, error) {
	content, err := d.Base.GetContent(ctx, path)
	return content, opened(err)
}

// PutContent stores content at path.
func (d *Driver) PutContent(ctx context.Context, path string, content []byte) error {
	return opened(d.Base.PutContent(ctx, path, content))
}

// Stat tells size and modification time of the blob at path, or that path is a folder.
func (d *Driver) Stat(ctx context.Context, path string) (storagedriver.FileInfo, error) {
	info, err := d.Base.Stat(ctx, path)
	return info, opened(err)
}

// List gives the paths of the direct children of path.
func (d *Driver) List(ctx context.Context, path string) ([]string, error) {
	children, err := d.Base.List(ctx, path)
	return children, opened(err)
}

// Move moves the blob at sourcePath to destPath.
func (d *Driver) Move(ctx context.Context, sourcePath, destPath string) error {
	return opened(d.Base.Move(ctx, sourcePath, destPath))
}

// Delete removes the blob at path and everything below it.
func (d *Driver) Delete(ctx context.Context, path string) error {
	return opened(d.Base.Delete(ctx, path))
}

// canceled reports whether nobody waits for the call any more. A spent budget is
// no such thing, although the tries that stalled were canceled.
func canceled(err error) bool {
	var spent *ExhaustedError
	return errors.Is(err, context.Canceled) && !errors.As(err, &spent)
}
