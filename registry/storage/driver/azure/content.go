package azure

import (
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // a checksum against damage on the way, not a signature
	"errors"
	"fmt"
	"io"

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
	for laps := d.contention(); ; {
		r, err := d.openComplete(ctx, path, offset)
		if judge(err) != pastEnd {
			return r, err
		}
		// That answer doesn't tell whether the blob is the destination of a copy: it
		// is empty, and not there yet, until the copy is complete.
		end, err := d.length(ctx, path)
		switch {
		case err != nil:
			return nil, err
		case end <= offset:
			return io.NopCloser(bytes.NewReader(nil)), nil
		}
		if err := laps.lap(ctx, errContended(opGet, d.names.blobName(path))); err != nil {
			return nil, err
		}
	}
}

// length is the size in bytes of the blob at path, if there is one that is complete.
func (d *driver) length(ctx context.Context, path string) (int64, error) {
	p, err := d.properties(ctx, d.names.blobName(path))
	if judge(err) == absent || err == nil && !p.there() {
		return 0, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	}
	return p.size, err
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
// replaced only as long as it is the one that was looked at, or that this driver
// stored last. So a request that was given up and is carried out late can't undo
// what was stored since.
//
// What is there is replaced even if it has the same bytes, and even if it may be
// the work of an earlier request of this call: only a new ETag keeps an older
// delete, still under way, from taking it away after this call has returned.
func (d *driver) PutContent(ctx context.Context, path string, content []byte) error {
	name := d.names.blobName(path)
	if len(content) > blockblob.MaxUploadBlobBytes {
		return fmt.Errorf("azure: %s %q: %d bytes exceed the limit of %d", opPut, name, len(content), int64(blockblob.MaxUploadBlobBytes))
	}
	condition := ifAbsent()
	if etag, ok := d.recent.get(name); ok {
		condition = ifMatch(etag)
	}
	for laps := d.contention(); ; {
		err := d.put(ctx, name, content, condition)
		switch judge(err) {
		case exists, changed, otherType:
		default:
			return err
		}
		if condition, err = d.replaceable(ctx, name); err != nil {
			return err
		}
		if err := laps.lap(ctx, errContended(opPut, name)); err != nil {
			return err
		}
	}
}

// put stores content under a condition.
func (d *driver) put(ctx context.Context, name string, content []byte, condition *blob.AccessConditions) error {
	sum := md5.Sum(content) //nolint:gosec // see the import
	c := call{op: opPut, blob: name, size: len(content)}
	var resp blockblob.UploadResponse
	_, err := d.attempt(ctx, c, func(ctx context.Context) (err error) {
		body := newBody(content)
		defer body.release()
		resp, err = d.container.NewBlockBlobClient(name).Upload(ctx, body, &blockblob.UploadOptions{
			TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
			AccessConditions:        condition,
		})
		return err
	})
	if err == nil {
		transferred.WithValues("stored").Inc(float64(len(content)))
		d.recent.remember(name, value(resp.ETag))
	}
	return err
}

// replaceable is the condition under which a block blob may take the place of
// what is stored under name now. A blob of another type is deleted for that:
// Azure can't replace it (REST: "Put Blob", InvalidBlobType), and upstream's
// versions before 3.1.2 left append blobs where PutContent stores.
func (d *driver) replaceable(ctx context.Context, name string) (*blob.AccessConditions, error) {
	p, err := d.properties(ctx, name)
	switch {
	case judge(err) == absent:
		return ifAbsent(), nil
	case err != nil:
		return nil, err
	case p.kind == blob.BlobTypeBlockBlob && !p.folder:
		return ifMatch(p.etag), nil
	}
	_, err = d.deleteIf(ctx, name, p.etag)
	return ifAbsent(), err
}
