package azure

import (
	"context"
	"maps"
	"path"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// DeleteFiles deletes the blobs at paths, however many, with a few requests for
// hundreds of them. Each is tried. The error at a path's index is nil if the
// blob was deleted, and a PathNotFoundError if there was none. Folders that are
// empty then go too, where the account has any. Garbage collection calls it, if
// the registry is built with the patch for that.
//
// As by Delete, a blob is deleted by the ETag that it was seen with.
func (d *Driver) DeleteFiles(ctx context.Context, paths []string) []error {
	return d.inner().deleteFiles(ctx, paths)
}

// condemned are blobs to be deleted, and what became of each.
type condemned struct {
	names []string
	seen  []service.Victim // without an ETag: not seen
	errs  []error
}

func (d *driver) deleteFiles(ctx context.Context, paths []string) []error {
	c := condemned{
		names: make([]string, len(paths)), seen: make([]service.Victim, len(paths)), errs: make([]error, len(paths)),
	}
	for i, p := range paths {
		c.names[i] = d.names.blobName(p)
	}
	d.find(ctx, c)

	var seen []int
	for i := range paths {
		switch {
		case c.seen[i].ETag != "":
			seen = append(seen, i)
		case c.errs[i] == nil:
			c.errs[i] = notFound(paths[i])
		}
	}
	var group errgroup.Group
	group.SetLimit(parallelBatches)
	for some := range slices.Chunk(seen, service.MaxBatch) {
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

// find sees the blobs, as far as they exist. Many blobs are next to
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
	pages, listing := 0, d.service.List(prefix, 0)
	for p, err := range listing.Pages(ctx) {
		if err != nil {
			for _, i := range wanted {
				c.errs[i] = err
			}
			return nil
		}
		for _, item := range p.Items {
			d.hierarchy.saw(item.Directory)
			if i, ok := wanted[item.Name]; ok && !item.Directory {
				c.seen[i] = item.Victim()
				delete(wanted, item.Name)
			}
		}
		if pages++; len(wanted) == 0 {
			return nil
		}
		if pages > len(wanted) && listing.More() {
			for _, i := range wanted {
				unknown = append(unknown, i)
			}
			return unknown
		}
	}
	return nil
}

func (d *driver) findOne(ctx context.Context, c condemned, i int) {
	p, err := d.service.Properties(ctx, c.names[i])
	switch {
	case err == nil && !p.Directory:
		c.seen[i] = p.Victim(c.names[i])
	case err != nil && service.Judge(err) != service.Absent:
		c.errs[i] = err
	}
}

// carryOut deletes some of the blobs, with one request if the service lets it.
func (d *driver) carryOut(ctx context.Context, c condemned, some []int) {
	index := make(map[string]int, len(some))
	victims := make([]service.Victim, len(some))
	for n, i := range some {
		index[c.names[i]] = i
		victims[n] = c.seen[i]
	}
	var group errgroup.Group
	group.SetLimit(parallelDeletes)
	for _, v := range d.service.DeleteBatch(ctx, victims) {
		group.Go(func() error {
			c.errs[index[v.Name]] = d.deleteBlob(ctx, v)
			return nil
		})
	}
	_ = group.Wait() // all errors are in c
}

// deleteEmptyFolders deletes the folders that these blobs were in, and those
// around them, as far as the service finds them empty. Only an account with
// hierarchical namespace has folders by themselves. What isn't deleted isn't
// empty, or will be tried again with the next blob of it: an empty folder does no
// harm.
func (d *driver) deleteEmptyFolders(ctx context.Context, deleted []string) {
	if len(deleted) == 0 {
		return
	}
	if there, err := d.hierarchical(ctx, path.Dir(deleted[0])); err != nil || !there {
		return
	}
	for inside := deleted; len(inside) > 0; {
		folders := map[string]struct{}{}
		for _, name := range inside {
			if folder, ok := d.names.parent(name); ok {
				folders[folder] = struct{}{}
			}
		}
		names := slices.Collect(maps.Keys(folders))
		gone := make([]bool, len(names))
		var group errgroup.Group
		group.SetLimit(parallelLooks)
		for i, name := range names {
			group.Go(func() error {
				var err error
				if gone[i], err = d.deleteEmpty(ctx, name); err != nil {
					service.Logger(ctx).WithField("blob", name).WithError(err).Warn("an empty directory could not be removed")
				}
				return nil
			})
		}
		_ = group.Wait()
		inside = nil
		for i, name := range names {
			if gone[i] {
				inside = append(inside, name)
			}
		}
	}
}
