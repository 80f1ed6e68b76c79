package azure

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
)

// errDamagedDownload tells of bytes that aren't the ones the service stored.
var errDamagedDownload = errors.New("content differs from the MD5 stored with the blob")

// Reader streams the blob at path from offset on, with one request if all goes
// well. An offset at or behind the end gives an empty stream. The stream's
// error is a *ReplacedError if the blob changes while it is read.
func (d *driver) Reader(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	r, err := d.openComplete(ctx, path, offset)
	switch judge(err) {
	case applied:
		return r, nil
	case pastEnd:
		return d.emptyReader(ctx, path)
	default:
		return nil, err
	}
}

// emptyReader is for an offset behind the end. That answer doesn't tell whether
// the blob is the empty destination of a copy, which isn't there yet.
func (d *driver) emptyReader(ctx context.Context, path string) (io.ReadCloser, error) {
	p, err := d.properties(ctx, d.names.blobName(path))
	switch {
	case judge(err) == absent, err == nil && !p.there():
		return nil, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	case err != nil:
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(nil)), nil
}

// GetContent is the whole blob at path.
func (d *driver) GetContent(ctx context.Context, path string) ([]byte, error) {
	left := budget.New(d.budget)
	for {
		content, err := d.getOnce(ctx, path)
		if !errors.Is(err, errDamagedDownload) {
			return content, err
		}
		if err := left.Wait(ctx, err); err != nil {
			return nil, err
		}
	}
}

// getOnce reads the blob at path, and compares it with the checksum that the
// service keeps for blobs that were stored in one piece.
func (d *driver) getOnce(ctx context.Context, path string) ([]byte, error) {
	r, err := d.openComplete(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	content := make([]byte, 0, r.end)
	buffer := bytes.NewBuffer(content)
	if _, err := io.Copy(buffer, r); err != nil {
		return nil, err
	}
	if sum := md5.Sum(buffer.Bytes()); r.md5 != nil && !bytes.Equal(sum[:], r.md5) { //nolint:gosec // see the import
		return nil, describe(opGet, r.name, errDamagedDownload)
	}
	return buffer.Bytes(), nil
}

// openComplete opens the blob at path if there is one that is complete; a path
// without one is a storagedriver.PathNotFoundError.
func (d *driver) openComplete(ctx context.Context, path string, offset int64) (*reader, error) {
	r, err := d.open(ctx, d.names.blobName(path), offset)
	if judge(err) == absent {
		return nil, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	}
	if err != nil {
		return nil, err
	}
	if !r.props.there() || r.props.folder {
		_ = r.Close()
		return nil, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	}
	return r, nil
}

// PutContent stores content at path, as a block blob.
//
// Nothing is overwritten blindly: the blob is created if there is none, or else
// replaced only as long as it is the one that was looked at. So a request that
// was given up and is carried out late can't undo what was stored since, and a
// lost answer is settled by looking at what is stored.
func (d *driver) PutContent(ctx context.Context, path string, content []byte) error {
	name := d.names.blobName(path)
	if len(content) > blockblob.MaxUploadBlobBytes {
		return fmt.Errorf("azure: %s %q: %d bytes exceed the limit of %d", opPut, name, len(content), int64(blockblob.MaxUploadBlobBytes))
	}
	p := put{d: d, name: name, content: content, began: time.Now(), condition: ifAbsent()}
	for laps := d.contention(); ; {
		err := p.send(ctx)
		switch judge(err) {
		case exists, changed, otherType:
		default:
			return err
		}
		if done, err := p.settle(ctx); done || err != nil {
			return err
		}
		if err := laps.lap(ctx, errContended(opPut, name)); err != nil {
			return err
		}
	}
}

// put is one PutContent under way.
type put struct {
	d         *driver
	name      string
	content   []byte
	began     time.Time
	condition *blob.AccessConditions // under which the next request may store
	doubt     bool                   // an earlier request may have been carried out
}

// send stores the content under the condition.
func (p *put) send(ctx context.Context) error {
	sum := md5.Sum(p.content) //nolint:gosec // see the import
	c := call{op: opPut, blob: p.name, size: len(p.content)}
	doubt, err := p.d.attempt(ctx, c, func(ctx context.Context) error {
		body := newBody(p.content)
		defer body.release()
		_, err := p.d.container.NewBlockBlobClient(p.name).Upload(ctx, body, &blockblob.UploadOptions{
			TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
			AccessConditions:        p.condition,
		})
		return err
	})
	p.doubt = p.doubt || doubt
	if err == nil {
		transferred.WithLabelValues("stored").Add(float64(len(p.content)))
	}
	return err
}

// settle looks at the blob that is in the way. It is done if that has our
// content and was stored since we began: by a request of ours whose answer was
// lost, or by somebody with the same intent. Otherwise it sets the condition
// for replacing just that blob. An older blob with the same content is stored
// again, since callers may rely on its modification time.
func (p *put) settle(ctx context.Context) (done bool, err error) {
	r, err := p.d.open(ctx, p.name, 0)
	switch judge(err) {
	case applied:
		defer r.Close()
	case absent:
		p.condition = ifAbsent()
		return false, nil
	default:
		return false, err
	}
	if r.props.kind != blob.BlobTypeBlockBlob || r.props.folder {
		// Azure can't put a block blob in the place of another type (REST: "Put
		// Blob", InvalidBlobType); versions before 3.1.2 left append blobs here.
		_, err := p.d.deleteIf(ctx, p.name, r.etag)
		p.condition = ifAbsent()
		return false, err
	}
	same, err := p.stored(r)
	if err != nil {
		return false, err
	}
	if same && (p.doubt || p.fresh(r.props)) {
		return true, nil
	}
	p.condition = ifMatch(r.etag)
	return false, nil
}

// stored reports whether the blob in hand has our content.
func (p *put) stored(r *reader) (bool, error) {
	if !r.props.there() || r.end != int64(len(p.content)) {
		return false, nil
	}
	there, err := io.ReadAll(r)
	var replaced *ReplacedError
	if errors.As(err, &replaced) {
		return false, nil // the condition will fail, and we look again
	}
	return bytes.Equal(there, p.content), err
}

// fresh reports whether a blob was stored since the call began, going by the
// service's clock alone (Last-Modified has a resolution of one second).
func (p *put) fresh(stored properties) bool {
	return stored.answered.Sub(stored.modified) <= time.Since(p.began)+time.Second
}
