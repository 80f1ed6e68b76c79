package azure

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// parallelLooks bounds the requests that look into folders at the same time.
const parallelLooks = 16

// Stat tells size and modification time of the blob at path, or that path is a
// folder. The root is always a folder, if the container answers. A blob whose
// copy is pending, failed or was aborted isn't there, unless it is being replaced by
// an upload; neither is a folder that holds nothing.
func (d *driver) Stat(ctx context.Context, path string) (storagedriver.FileInfo, error) {
	if path != "/" {
		p, err := d.look(ctx, d.names.blobName(path))
		switch service.Judge(err) {
		case service.Applied:
			d.hierarchy.saw(p.Directory)
			if p.Complete() && !p.Directory {
				return fileInfo(path, p.Size, p.Modified), nil
			}
		case service.Absent:
		default:
			return nil, err
		}
	}
	found, err := d.holds(ctx, d.names.dirPrefix(path))
	switch {
	case err != nil:
		return nil, err
	case found || path == "/":
		return folderInfo(path), nil
	default:
		return nil, notFound(path)
	}
}

func fileInfo(path string, size int64, modified time.Time) storagedriver.FileInfo {
	return storagedriver.FileInfoInternal{FileInfoFields: storagedriver.FileInfoFields{
		Path: path, Size: size, ModTime: modified,
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
		return nil, notFound(path)
	}
	return children, nil
}

// entryKind is what a name is. The order matters where a listing shows two
// things under one name: a file hides a folder, as it does from Stat.
type entryKind int

const (
	file entryKind = iota
	folder
	// unfinished is a blob that isn't there for a caller: the destination of a
	// copy that is pending, failed or was aborted.
	unfinished
)

// entry is a blob or a folder as a listing shows it.
type entry struct {
	name     string // of the blob; a folder's is without the slash
	kind     entryKind
	size     int64
	modified time.Time
}

func toEntry(item service.Item) entry {
	e := entry{name: item.Name, size: item.Size, modified: item.Modified}
	switch {
	case item.Directory:
		e.kind = folder
	case !item.Complete:
		e.kind = unfinished
		if _, ok := standIn(item.Name, item.CopySource); ok {
			e.kind, e.size = file, item.CopyTotal
		}
	}
	return e
}

// childEntries are the children of the folder with this prefix, in the order of
// their names, each once. It holds all of them in memory, as List does.
func (d *driver) childEntries(ctx context.Context, prefix string) ([]entry, error) {
	var children []entry
	for page, err := range d.service.ListDirect(prefix).Pages(ctx) {
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			d.hierarchy.saw(item.Directory)
			if !isSuccessor(item.Name) {
				children = append(children, toEntry(item))
			}
		}
		for _, found := range page.Prefixes {
			d.hierarchy.saw(found.Directory)
			children = append(children, entry{name: found.Name, kind: folder})
		}
	}
	children = slices.DeleteFunc(children, func(e entry) bool {
		return e.name == prefix || e.name+"/" == prefix || strings.HasSuffix(e.name, "/")
	})
	slices.SortFunc(children, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
	children = slices.CompactFunc(children, func(a, b entry) bool { return a.name == b.name })
	return d.withoutEmpty(ctx, children)
}

// hierarchy remembers whether the account has a hierarchical namespace, in which
// directories exist by themselves and stay when they are empty. The zero value
// doesn't know yet. Safe for concurrent use.
type hierarchy struct{ state atomic.Int32 }

const (
	hierarchyUnknown = iota
	hierarchyAbsent
	hierarchyPresent
)

// saw learns from something that is, or isn't, a directory.
func (h *hierarchy) saw(directory bool) {
	if directory {
		h.state.Store(hierarchyPresent)
	}
}

// absent learns that something is in a folder which isn't there by itself.
func (h *hierarchy) absent() {
	h.state.CompareAndSwap(hierarchyUnknown, hierarchyAbsent)
}

// present reports whether there is known to be one.
func (h *hierarchy) present() bool { return h.state.Load() == hierarchyPresent }

// hierarchical reports whether the account has a hierarchical namespace. The
// name is that of a folder with something in it: a directory, if there are any.
func (d *driver) hierarchical(ctx context.Context, name string) (bool, error) {
	if state := d.hierarchy.state.Load(); state != hierarchyUnknown {
		return state == hierarchyPresent, nil
	}
	p, err := d.service.Properties(ctx, name)
	switch {
	case err == nil && p.Directory:
		d.hierarchy.state.Store(hierarchyPresent)
	case service.Judge(err) == service.Absent:
		d.hierarchy.absent()
	case err != nil:
		return false, err
	}
	return d.hierarchy.present(), nil
}

// withoutEmpty leaves out the folders that hold nothing. Only a hierarchical
// namespace has such.
func (d *driver) withoutEmpty(ctx context.Context, entries []entry) ([]entry, error) {
	first := slices.IndexFunc(entries, func(e entry) bool { return e.kind == folder })
	if first < 0 {
		return entries, nil
	}
	if there, err := d.hierarchical(ctx, entries[first].name); err != nil || !there {
		return entries, err
	}
	full := make([]bool, len(entries))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(parallelLooks)
	for i, e := range entries {
		if e.kind != folder {
			full[i] = true
			continue
		}
		group.Go(func() (err error) {
			full[i], err = d.holds(ctx, e.name+"/")
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	kept := entries[:0]
	for i, e := range entries {
		if full[i] {
			kept = append(kept, e)
		}
	}
	return kept, nil
}

// holds reports whether there is any blob whose name begins with prefix.
// Directories and successors are none.
func (d *driver) holds(ctx context.Context, prefix string) (bool, error) {
	const few = 10 // enough to get past the directories above a blob
	for item, err := range d.service.List(prefix, few).Items(ctx) {
		if err != nil {
			return false, err
		}
		d.hierarchy.saw(item.Directory)
		if !item.Directory && !isSuccessor(item.Name) {
			return true, nil
		}
	}
	return false, nil
}

// parent is the name of the folder that holds name, false at the top.
func (n names) parent(name string) (string, bool) {
	up := path.Dir(name)
	return up, strings.HasPrefix(up, n.dirPrefix("/")) && up != "." && up != "/" && up != name
}
