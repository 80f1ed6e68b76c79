package azure

import (
	"context"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// Stat tells size and modification time of the blob at path, or that path is a
// folder. The root is always a folder, if the container answers. A blob whose
// copy is pending, failed or was aborted isn't there.
func (d *driver) Stat(ctx context.Context, path string) (storagedriver.FileInfo, error) {
	if path != "/" {
		p, err := d.properties(ctx, d.names.blobName(path))
		switch {
		case judge(err) == applied && p.folder:
			return folderInfo(path), nil
		case judge(err) == applied && p.there():
			return fileInfo(path, p), nil
		case judge(err) != applied && judge(err) != absent:
			return nil, err
		}
	}
	for _, err := range d.blobs(ctx, d.names.dirPrefix(path), 1) {
		if err != nil {
			return nil, err
		}
		return folderInfo(path), nil
	}
	if path == "/" {
		return folderInfo(path), nil
	}
	return nil, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
}

func fileInfo(path string, p properties) storagedriver.FileInfo {
	return storagedriver.FileInfoInternal{FileInfoFields: storagedriver.FileInfoFields{
		Path: path, Size: p.size, ModTime: p.modified,
	}}
}

func folderInfo(path string) storagedriver.FileInfo {
	return storagedriver.FileInfoInternal{FileInfoFields: storagedriver.FileInfoFields{
		Path: path, IsDir: true,
	}}
}

// List gives the paths of the direct children of path, each once, in the order
// of their names. The root always exists.
func (d *driver) List(ctx context.Context, path string) ([]string, error) {
	entries, err := d.childEntries(ctx, d.names.dirPrefix(path))
	if err != nil {
		return nil, err
	}
	children := make([]string, 0, len(entries))
	for _, e := range entries {
		if child, ok := d.names.path(e.name); ok {
			children = append(children, child)
		}
	}
	if len(children) == 0 && path != "/" {
		return nil, storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	}
	return children, nil
}
