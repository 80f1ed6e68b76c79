package azure

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"golang.org/x/sync/errgroup"
)

// parallelLooks bounds the requests of one DeleteFiles that find out which
// blobs there are.
const parallelLooks = 16

// DeleteFiles deletes the blobs at paths, however many, with a few requests for
// hundreds of them. Each is tried. The error at a path's index is nil if the
// blob was deleted, and a PathNotFoundError if there was none. Folders that are
// empty then go too, where the account has any. Garbage collection calls it, if
// the registry is built with the patch for that.
//
// As by Delete, a blob is deleted by the ETag that it was seen with.
func (d *Driver) DeleteFiles(ctx context.Context, paths []string) []error {
	return d.StorageDriver.(*driver).deleteFiles(ctx, paths)
}

// condemned are blobs to be deleted, and what became of each.
type condemned struct {
	names []string
	etags []azcore.ETag // empty: not seen
	errs  []error
}

func (d *driver) deleteFiles(ctx context.Context, paths []string) []error {
	c := condemned{
		names: make([]string, len(paths)), etags: make([]azcore.ETag, len(paths)), errs: make([]error, len(paths)),
	}
	for i, p := range paths {
		c.names[i] = d.names.blobName(p)
	}
	d.find(ctx, c)

	var seen []int
	for i := range paths {
		switch {
		case c.etags[i] != "":
			seen = append(seen, i)
		case c.errs[i] == nil:
			c.errs[i] = storagedriver.PathNotFoundError{Path: paths[i], DriverName: driverName}
		}
	}
	var group errgroup.Group
	group.SetLimit(parallelBatches)
	for some := range slices.Chunk(seen, maxBatch) {
		group.Go(func() error {
			d.carryOut(ctx, c, some)
			return nil
		})
	}
	_ = group.Wait() // all errors are in c

	var deleted []string
	for _, i := range seen {
		if c.errs[i] == nil {
			deleted = append(deleted, c.names[i])
		}
	}
	d.deleteEmptyFolders(ctx, deleted)
	return c.errs
}

// find sets the ETags of the blobs, as far as they exist. Many blobs are next to
// each other, each in a folder of its own in the same one: a listing of that
// shows up to 5,000 of them.
func (d *driver) find(ctx context.Context, c condemned) {
	neighbours := map[string][]int{}
	for i, name := range c.names {
		outer := path.Dir(path.Dir(name))
		neighbours[outer] = append(neighbours[outer], i)
	}
	var group errgroup.Group
	group.SetLimit(parallelLooks)
	for outer, these := range neighbours {
		if len(these) > 1 && outer != "." {
			group.Go(func() error {
				for _, i := range d.findListed(ctx, c, outer+"/", these) {
					d.findOne(ctx, c, i)
				}
				return nil
			})
			continue
		}
		for _, i := range these {
			group.Go(func() error {
				d.findOne(ctx, c, i)
				return nil
			})
		}
	}
	_ = group.Wait() // all errors are in c
}

// findListed looks for the blobs in a listing. It gives up where that has more
// pages than there are blobs to be found, and returns those it doesn't know of.
func (d *driver) findListed(ctx context.Context, c condemned, prefix string, these []int) (unknown []int) {
	wanted := map[string]int{}
	for _, i := range these {
		wanted[c.names[i]] = i
	}
	pages := 0
	for p, err := range d.flat(prefix, 0, forEntries).pages(ctx) {
		if err != nil {
			for _, i := range wanted {
				c.errs[i] = err
			}
			return nil
		}
		for _, item := range p.items {
			if i, ok := wanted[*item.Name]; ok && item.Properties != nil && toEntry(item).kind != folder {
				c.etags[i] = value(item.Properties.ETag)
				delete(wanted, *item.Name)
			}
		}
		if pages++; len(wanted) == 0 {
			return nil
		}
		if pages > len(wanted) && p.next != "" {
			for _, i := range wanted {
				unknown = append(unknown, i)
			}
			return unknown
		}
	}
	return nil
}

func (d *driver) findOne(ctx context.Context, c condemned, i int) {
	p, err := d.properties(ctx, c.names[i])
	switch {
	case judge(err) == applied && !p.folder:
		c.etags[i] = p.etag
	case judge(err) != applied && judge(err) != absent:
		c.errs[i] = err
	}
}

// carryOut deletes some of the blobs, with one request if the service lets it.
func (d *driver) carryOut(ctx context.Context, c condemned, some []int) {
	index := make(map[string]int, len(some))
	victims := make([]victim, len(some))
	for n, i := range some {
		index[c.names[i]] = i
		victims[n] = victim{c.names[i], c.etags[i]}
	}
	var group errgroup.Group
	group.SetLimit(parallelDeletes)
	for _, v := range d.deleteBatch(ctx, victims) {
		group.Go(func() error {
			c.errs[index[v.name]] = d.deleteBlob(ctx, v.name, v.etag)
			return nil
		})
	}
	_ = group.Wait() // all errors are in c
}

// deleteEmptyFolders deletes the folders that these blobs were in, and those
// around them, as far as the service finds them empty. Only an account with
// hierarchical namespace has folders by themselves; it refuses to delete those
// that hold something (409 DirectoryIsNotEmpty), so no condition is needed.
func (d *driver) deleteEmptyFolders(ctx context.Context, deleted []string) {
	if len(deleted) == 0 {
		return
	}
	top, _, _ := strings.Cut(deleted[0], "/")
	if p, err := d.properties(ctx, top); err != nil || !p.folder {
		return
	}
	for inside := deleted; len(inside) > 0; {
		folders := map[string]struct{}{}
		for _, name := range inside {
			if folder := path.Dir(name); folder != "." && folder != top {
				folders[folder] = struct{}{}
			}
		}
		inside = d.deleteFolders(ctx, folders)
	}
}

// deleteFolders returns those that are gone. What isn't, isn't empty or will be
// tried again with the next blob of it: an empty folder does no harm.
func (d *driver) deleteFolders(ctx context.Context, folders map[string]struct{}) (gone []string) {
	var victims []victim
	for folder := range folders {
		victims = append(victims, victim{folder, azcore.ETagAny})
	}
	for some := range slices.Chunk(victims, maxBatch) {
		left := map[string]bool{}
		for _, v := range d.deleteBatch(ctx, some) {
			left[v.name] = d.once(ctx, call{op: opDelete, blob: v.name}, func(ctx context.Context) error {
				_, err := d.container.NewBlobClient(v.name).Delete(ctx, nil)
				return err
			}) != nil
		}
		for _, v := range some {
			if !left[v.name] {
				gone = append(gone, v.name)
			}
		}
	}
	return gone
}
