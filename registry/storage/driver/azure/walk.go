package azure

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// Walk visits everything below from: folders before what they hold, the
// children of a folder in the order of their names, entry for entry as
// storagedriver.WalkFallback does with List and Stat. Unlike that it goes by
// listings alone, so that their pages are nearly all it costs.
//
// What a listing showed is visited even if it is deleted before its turn. As
// the interface has it, nothing is visited after f returned ErrFilledBuffer.
// Folders that hold nothing, which a hierarchical namespace keeps, aren't there.
func (d *driver) Walk(ctx context.Context, from string, f storagedriver.WalkFn, options ...func(*storagedriver.WalkOptions)) error {
	var chosen storagedriver.WalkOptions
	for _, option := range options {
		option(&chosen)
	}
	return walkBy(ctx, d, service.PageSize, from, f, chosen.StartAfterHint)
}

// walkBy is Walk with listings of so many blobs a page.
func walkBy(ctx context.Context, d *driver, pageSize int, from string, f storagedriver.WalkFn, startAfter string) error {
	w := &walk{d: d, pageSize: pageSize, visit: f}
	if startAfter != "" {
		startAfter = path.Clean(startAfter)
	}
	err := w.run(ctx, path.Clean(from), startAfter)
	if err == storagedriver.ErrFilledBuffer { //nolint:errorlint // the interface compares, too
		return nil
	}
	return err
}

// walk is one Walk under way.
type walk struct {
	d        *driver
	pageSize int
	visit    storagedriver.WalkFn
}

// run walks the part of from that comes after the hint: what is below the hint
// itself, then, folder by folder upwards, what comes after the one just left.
func (w *walk) run(ctx context.Context, from, startAfter string) error {
	in := w.window(w.d.names.dirPrefix(from))
	if !isWithin(startAfter, from) {
		if depthFirst(startAfter, from) > 0 {
			return nil
		}
		found, err := w.folder(ctx, in, in.prefix, "")
		if err == nil && !found && from != "/" {
			return notFound(from)
		}
		return err
	}
	if err := in.fill(ctx); err != nil {
		return err
	}
	left := ""
	for folder := startAfter; ; folder = path.Dir(folder) {
		prefix, mine := w.d.names.dirPrefix(folder), in
		if !in.reaches(prefix) {
			mine = w.window(prefix)
		}
		if _, err := w.folder(ctx, mine, prefix, left); err != nil {
			return err
		}
		if folder == from {
			return nil
		}
		left = path.Base(folder)
	}
}

// isWithin reports whether p is folder or lies below it.
func isWithin(p, folder string) bool {
	return p == folder || strings.HasPrefix(p, strings.TrimSuffix(folder, "/")+"/")
}

// depthFirst compares paths, or names of blobs, in the order of a walk: that of
// their bytes, but with "/" before all others.
func depthFirst(a, b string) int {
	n := commonLength(a, b)
	switch {
	case n == len(a) || n == len(b):
		return cmp.Compare(len(a), len(b))
	case a[n] == '/':
		return -1
	case b[n] == '/':
		return 1
	default:
		return cmp.Compare(a[n], b[n])
	}
}

// folder walks the children of a folder whose names come after left, and what
// is below them. It reports whether the folder has any children.
//
// What the window holds of the folder is walked from memory if that is all of
// it. Else the children are listed, since only their full list tells the order:
// "app" comes before "app-web", but "app/x" is listed after "app-web/x".
func (w *walk) folder(ctx context.Context, in *window, prefix, left string) (found bool, err error) {
	entries, whole, err := in.below(ctx, prefix)
	if err != nil {
		return false, err
	}
	if whole {
		return len(entries) > 0, w.tree(inOrder(entries), prefix, left)
	}
	children, err := w.d.childEntries(ctx, prefix)
	if err != nil {
		return false, err
	}
	previous := ""
	for _, child := range children {
		name := child.name[len(prefix):]
		if name > left {
			descend, err := w.enter(child)
			if err != nil {
				return true, err
			}
			if descend {
				if in, err = w.child(ctx, in, prefix, previous, name); err != nil {
					return true, err
				}
			}
		}
		previous = name
	}
	return len(children) > 0, nil
}

// child walks the child folder of that name. It uses the folder's window if that
// reaches the child; if not, a new one for the child and its later siblings, as
// far as a listing can have them without the previous one: those whose names
// begin with what tells the child from the previous. That is the window for the
// siblings, then.
func (w *walk) child(ctx context.Context, in *window, prefix, previous, name string) (*window, error) {
	below := prefix + name + "/"
	mine := in
	if !in.reaches(below) {
		in = w.window(prefix + name[:commonLength(previous, name)+1])
		if err := in.fill(ctx); err != nil {
			return in, err
		}
		mine = in
	}
	if !mine.reaches(below) {
		mine = w.window(below)
	}
	_, err := w.folder(ctx, mine, below, "")
	return in, err
}

// commonLength is the length of the longest common prefix.
func commonLength(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// tree walks entries, which are all that is below prefix and in order, as folder
// does.
func (w *walk) tree(entries []entry, prefix, left string) error {
	for len(entries) > 0 {
		name, _, _ := strings.Cut(entries[0].name[len(prefix):], "/")
		self := entry{name: prefix + name, kind: unfinished}
		below := self.name + "/"
		if entries[0].name == self.name {
			self, entries = entries[0], entries[1:]
		}
		n := 0
		for n < len(entries) && strings.HasPrefix(entries[n].name, below) {
			n++
		}
		inside := entries[:n]
		entries = entries[n:]
		if n > 0 && self.kind != file {
			self.kind = folder
		}
		if name == "" || name <= left || self.kind == folder && !holdsBlob(inside) {
			continue
		}
		descend, err := w.enter(self)
		if err == nil && descend {
			err = w.tree(inside, below, "")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// holdsBlob reports whether not all entries are folders: a hierarchical namespace
// keeps folders that hold nothing.
func holdsBlob(entries []entry) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return e.kind != folder })
}

// inOrder is entries in the order of a walk. The order of a listing often is
// that; then nothing is copied.
func inOrder(entries []entry) []entry {
	compare := func(a, b entry) int { return depthFirst(a.name, b.name) }
	if slices.IsSortedFunc(entries, compare) {
		return entries
	}
	return slices.SortedFunc(slices.Values(entries), compare)
}

// enter shows an entry to the caller, and tells whether to walk what is below.
// The error is what ends the walk.
func (w *walk) enter(e entry) (descend bool, err error) {
	p, ok := w.d.names.path(e.name)
	if !ok || e.kind == unfinished {
		return false, nil
	}
	info := folderInfo(p)
	if e.kind == file {
		info = fileInfo(p, e.size, e.modified)
	}
	err = w.visit(info)
	if err == storagedriver.ErrSkipDir { //nolint:errorlint // upstream's WalkFallback compares, too
		return false, nil
	}
	return err == nil && e.kind == folder, err
}
