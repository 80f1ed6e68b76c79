package azure

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// entryKind is what a walk sees in a name. The order matters where a listing
// shows two things under one name: a file hides a folder, as it does from Stat.
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

// forEntries is what a listing has to include for an entry.
var forEntries = container.ListBlobsInclude{Copy: true, Metadata: true}

func toEntry(item *container.BlobItem) entry {
	e := entry{name: *item.Name}
	p := item.Properties
	if p == nil {
		return e
	}
	e.size, e.modified = value(p.ContentLength), value(p.LastModified)
	switch status := value(p.CopyStatus); {
	case isFolder(item.Metadata) || value(p.ResourceType) == "directory":
		e.kind = folder
	case status != "" && status != blob.CopyStatusTypeSuccess:
		e.kind = unfinished
	}
	return e
}

// childEntries are the children of the folder with this prefix, in the order of
// their names, each once. It holds all of them in memory, as List does.
func (d *driver) childEntries(ctx context.Context, prefix string) ([]entry, error) {
	var children []entry
	for child, err := range d.children(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		if child.name != prefix && !strings.HasSuffix(child.name, "/") {
			children = append(children, child)
		}
	}
	slices.SortFunc(children, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.kind, b.kind))
	})
	return slices.CompactFunc(children, func(a, b entry) bool { return a.name == b.name }), nil
}
