package azure

import (
	"context"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"golang.org/x/sync/errgroup"
)

const (
	// parallelBatches bounds the batches that one Delete has under way, each of
	// up to maxBatch blobs.
	parallelBatches = 4
	// parallelDeletes bounds the requests for single blobs, within a batch that
	// didn't go through.
	parallelDeletes = 4
)

// Delete removes the blob at path and everything below it.
//
// Each blob is deleted by the ETag that the listing showed, so that a delete
// which is carried out late can't take away what was stored there since.
func (d *driver) Delete(ctx context.Context, path string) error {
	found := false
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelBatches)
	var victims []victim
	send := func() {
		batch := victims
		victims = nil
		group.Go(func() error { return d.deleteAll(ctx, batch) })
	}
	for name, etag := range d.subtree(ctx, path, group) {
		found = true
		if victims = append(victims, victim{name, etag}); len(victims) == maxBatch {
			send()
		}
	}
	send()
	if err := group.Wait(); err != nil {
		return err
	}
	if !found {
		return storagedriver.PathNotFoundError{Path: path, DriverName: driverName}
	}
	return nil
}

// deleteAll deletes blobs, with one request if the service lets it.
func (d *driver) deleteAll(ctx context.Context, victims []victim) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelDeletes)
	for _, v := range d.deleteBatch(ctx, victims) {
		group.Go(func() error { return d.deleteBlob(ctx, v.name, v.etag) })
	}
	return group.Wait()
}

// subtree yields name and ETag of the blob at path and of all blobs below it. An
// error of the listing ends it and becomes the group's.
//
// One listing serves both: the names that begin with the blob's own start with
// the blob itself. What follows may be a neighbour ("app-web" sorts between
// "app" and "app/x"): then the folder is asked for by its own prefix.
func (d *driver) subtree(ctx context.Context, path string, group *errgroup.Group) iter.Seq2[string, azcore.ETag] {
	name, prefix := d.names.blobName(path), d.names.dirPrefix(path)
	return func(yield func(string, azcore.ETag) bool) {
		for _, listed := range []string{name, prefix} {
			neighbours := false
			for item, err := range d.blobs(ctx, listed, 0) {
				if err != nil {
					group.Go(func() error { return err })
					return
				}
				if *item.Name != name && !strings.HasPrefix(*item.Name, prefix) {
					neighbours = *item.Name < prefix
					break
				}
				if !yield(*item.Name, value(item.Properties.ETag)) {
					return
				}
			}
			if !neighbours {
				return
			}
		}
	}
}

// deleteBlob deletes a blob that was seen with this ETag. If it was written to
// since, it is looked at again: the call goes on, and means what is there now.
func (d *driver) deleteBlob(ctx context.Context, name string, etag azcore.ETag) error {
	for laps := d.contention(); ; {
		gone, err := d.deleteIf(ctx, name, etag)
		if gone || err != nil {
			return err
		}
		p, err := d.properties(ctx, name)
		switch judge(err) {
		case applied:
			etag = p.etag
		case absent:
			return nil
		default:
			return err
		}
		if err := laps.lap(ctx, errContended(opDelete, name)); err != nil {
			return err
		}
	}
}
