package azure

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

const (
	// parallelBatches bounds the batches that one Delete has under way, each of
	// up to service.MaxBatch blobs.
	parallelBatches = 4
	// parallelDeletes bounds the requests for single blobs, within a batch that
	// didn't go through.
	parallelDeletes = 4
)

// Delete removes the blob at path and everything below it; in a hierarchical
// namespace also the directories below it, and those above it that hold nothing
// any more.
//
// Each blob is deleted by the ETag that the listing showed, so that a delete
// which is carried out late can't take away what was stored there since.
func (d *driver) Delete(ctx context.Context, path string) error {
	name := d.names.blobName(path)
	for laps := d.service.Contention(); ; {
		found, empty, err := d.deleteTree(ctx, path)
		switch {
		case err != nil:
			return err
		case !found && laps.First():
			return notFound(path)
		case empty:
			return d.prune(ctx, name)
		}
		if err := laps.Lap(ctx, "delete blob", name, nil); err != nil {
			return err
		}
	}
}

// deleteTree deletes what a listing shows at path and below it: blobs first,
// then directories, deepest first. It is not empty, without an error, if
// something was stored in a directory meanwhile.
func (d *driver) deleteTree(ctx context.Context, path string) (found, empty bool, err error) {
	var victims, directories []service.Victim
	group, limited := errgroup.WithContext(ctx)
	group.SetLimit(parallelBatches)
	send := func() {
		batch := victims
		victims = nil
		group.Go(func() error { return d.deleteAll(limited, batch) })
	}
	below := d.names.dirPrefix(path)
	nested := false
	err = d.subtree(ctx, path, func(item service.Item) {
		found = found || !isSuccessor(item.Name)
		nested = nested || strings.HasPrefix(item.Name, below)
		victim := item.Victim()
		if item.Directory {
			d.hierarchy.saw(true)
			directories = append(directories, victim)
			return
		}
		if victims = append(victims, victim); len(victims) == service.MaxBatch {
			send()
		}
	})
	send()
	if failed := group.Wait(); failed != nil {
		err = failed
	}
	if err != nil {
		return found, false, err
	}
	if nested && len(directories) == 0 {
		d.hierarchy.absent() // the folder would have been listed before what is in it
	}
	empty, err = d.deleteDirectories(ctx, directories)
	return found, empty, err
}

// deleteAll deletes blobs, with one request if the service lets it.
func (d *driver) deleteAll(ctx context.Context, victims []service.Victim) error {
	for _, v := range victims {
		d.recent.forget(v.Name)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelDeletes)
	for _, v := range d.service.DeleteBatch(ctx, victims) {
		group.Go(func() error { return d.deleteBlob(ctx, v) })
	}
	return group.Wait()
}

// deleteDirectories deletes directories, deepest first, and reports whether all
// of them were empty.
func (d *driver) deleteDirectories(ctx context.Context, directories []service.Victim) (empty bool, err error) {
	depth := func(v service.Victim) int { return strings.Count(v.Name, "/") }
	slices.SortStableFunc(directories, func(a, b service.Victim) int { return depth(b) - depth(a) })
	for len(directories) > 0 {
		same := slices.IndexFunc(directories, func(v service.Victim) bool { return depth(v) != depth(directories[0]) })
		if same < 0 {
			same = len(directories)
		}
		level, ctx := errgroup.WithContext(ctx)
		level.SetLimit(parallelBatches * parallelDeletes)
		for _, v := range directories[:same] {
			level.Go(func() error { return d.deleteBlob(ctx, v) })
		}
		if err := level.Wait(); service.Judge(err) == service.NotEmpty {
			return false, nil
		} else if err != nil {
			return false, err
		}
		directories = directories[same:]
	}
	return true, nil
}

// prune deletes the directories above name that hold nothing any more. The
// service deletes a directory only if it is empty, so that nothing can be lost.
func (d *driver) prune(ctx context.Context, name string) error {
	for {
		up, ok := d.names.parent(name)
		if !ok {
			return nil
		}
		if there, err := d.hierarchical(ctx, up); err != nil || !there {
			return err
		}
		if gone, err := d.deleteEmpty(ctx, up); err != nil || !gone {
			return err
		}
		name = up
	}
}

// deleteEmpty deletes a directory if it holds nothing.
func (d *driver) deleteEmpty(ctx context.Context, name string) (gone bool, err error) {
	p, err := d.service.Properties(ctx, name)
	if err != nil || !p.Directory {
		return service.Judge(err) == service.Absent, unlessReplaced(err)
	}
	gone, err = d.service.Delete(ctx, p.Victim(name))
	if service.Judge(err) == service.NotEmpty {
		return false, nil
	}
	return gone, err
}

// subtree visits the blob at path, its successors, and all blobs and directories
// below it.
//
// One listing serves both: the names that begin with the blob's own start with
// the blob itself. What follows may be a neighbour ("app-web" sorts between
// "app" and "app/x"): then the folder is asked for by its own prefix.
func (d *driver) subtree(ctx context.Context, path string, visit func(service.Item)) error {
	name, prefix := d.names.blobName(path), d.names.dirPrefix(path)
	for _, listed := range []string{name, prefix} {
		neighbours := false
		for item, err := range d.service.List(listed, 0).Items(ctx) {
			if err != nil {
				return err
			}
			if item.Name != name && !strings.HasPrefix(item.Name, prefix) && !isSuccessorOf(item.Name, name) {
				neighbours = item.Name < prefix
				break
			}
			visit(item)
		}
		if !neighbours {
			return nil
		}
	}
	return nil
}

// deleteBlob deletes a blob as it was seen. If it was written to since, it is
// looked at again: the call goes on, and means what is there now.
func (d *driver) deleteBlob(ctx context.Context, v service.Victim) error {
	d.recent.forget(v.Name)
	for laps := d.service.Contention(); ; {
		gone, err := d.service.Delete(ctx, v)
		if gone || err != nil {
			return err
		}
		p, err := d.service.Properties(ctx, v.Name)
		switch service.Judge(err) {
		case service.Applied:
			v = p.Victim(v.Name)
		case service.Absent:
			return nil
		default:
			return err
		}
		if err := laps.Lap(ctx, "delete blob", v.Name, nil); err != nil {
			return err
		}
	}
}
