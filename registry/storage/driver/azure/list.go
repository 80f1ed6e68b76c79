package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// errNoListing is an answer that the service doesn't give. What something in
// between made up must not pass for an empty folder.
var errNoListing = errors.New("the answer is not the page of the listing that was asked for")

// page is what a listing shows at a time. It may hold fewer entries than asked
// for, or none.
type page struct {
	items   []*container.BlobItem
	folders []*container.BlobPrefix
	next    string // marker of the page that follows, empty on the last one
	genuine bool   // the answer is a listing at all
}

// listing is a listing under way. Only a missing marker ends it (REST: "List
// Blobs"), which is what more looks at.
type listing struct {
	d      *driver
	prefix string
	direct bool // what is below a folder isn't listed, only the folder is
	more   func() bool
	fetch  func(context.Context) (page, error)
	marker string // of the page to come
}

// flat lists all blobs whose names begin with prefix, by their names. pageSize is
// how many to ask for at a time, 0 for as many as the service gives (5,000).
func (d *driver) flat(prefix string, pageSize int, include container.ListBlobsInclude) *listing {
	options := &container.ListBlobsFlatOptions{Prefix: &prefix, Include: include}
	if pageSize > 0 {
		size := int32(pageSize)
		options.MaxResults = &size
	}
	pager := d.container.NewListBlobsFlatPager(options)
	return newListing(d, prefix, pager, func(answer container.ListBlobsFlatResponse) page {
		p := page{next: value(answer.NextMarker), genuine: cmp.Or(answer.ContainerName, answer.ServiceEndpoint) != nil || answer.Segment != nil}
		if answer.Segment != nil {
			p.items = answer.Segment.BlobItems
		}
		return p
	})
}

// hierarchy lists what is directly below prefix, folders and blobs apart. However
// large the folders are, each counts as one entry of a page.
func (d *driver) hierarchy(prefix string) *listing {
	options := &container.ListBlobsHierarchyOptions{Prefix: &prefix, Include: forEntries}
	pager := d.container.NewListBlobsHierarchyPager("/", options)
	l := newListing(d, prefix, pager, func(answer container.ListBlobsHierarchyResponse) page {
		p := page{next: value(answer.NextMarker), genuine: cmp.Or(answer.ContainerName, answer.ServiceEndpoint) != nil || answer.Segment != nil}
		if answer.Segment != nil {
			p.items, p.folders = answer.Segment.BlobItems, answer.Segment.BlobPrefixes
		}
		return p
	})
	l.direct = true
	return l
}

func newListing[T any](d *driver, prefix string, pager *runtime.Pager[T], read func(T) page) *listing {
	return &listing{d: d, prefix: prefix, more: pager.More, fetch: func(ctx context.Context) (page, error) {
		answer, err := pager.NextPage(ctx)
		if err != nil {
			return page{}, err
		}
		return read(answer), nil
	}}
}

// page asks for the next page.
func (l *listing) page(ctx context.Context) (p page, err error) {
	_, err = l.d.attempt(ctx, call{op: opList, blob: l.prefix}, func(ctx context.Context) (err error) {
		p, err = l.fetch(ctx)
		return err
	})
	if err == nil {
		err = l.check(p)
	}
	return p, err
}

// check refuses a page that can't be one of this listing.
func (l *listing) check(p page) error {
	wrong := func(what string) error {
		return describe(opList, l.prefix, fmt.Errorf("%w: %s", errNoListing, what))
	}
	switch {
	case !p.genuine:
		return wrong("it is no listing")
	case p.next != "" && p.next == l.marker:
		return wrong("it leads back to itself")
	}
	l.marker = p.next
	for _, item := range p.items {
		if !l.has(item.Name, "") {
			return wrong("it names blobs that aren't asked for")
		}
	}
	for _, folder := range p.folders {
		if !l.has(folder.Name, "/") {
			return wrong("it names folders that aren't asked for")
		}
	}
	return nil
}

// has reports whether a name may be in this listing; folders end in "/" there.
func (l *listing) has(name *string, end string) bool {
	if name == nil {
		return false
	}
	rest, ok := strings.CutPrefix(*name, l.prefix)
	return ok && (!l.direct || !strings.Contains(strings.TrimSuffix(rest, end), "/"))
}

// pages runs through a listing. An error is the last that it yields.
func (l *listing) pages(ctx context.Context) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		for l.more() {
			p, err := l.page(ctx)
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// blobs yields all blobs whose names begin with prefix, in the order of their
// names, asking for pages of pageSize as flat does.
func (d *driver) blobs(ctx context.Context, prefix string, pageSize int) iter.Seq2[*container.BlobItem, error] {
	return func(yield func(*container.BlobItem, error) bool) {
		for p, err := range d.flat(prefix, pageSize, container.ListBlobsInclude{}).pages(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, item := range p.items {
				if item.Properties == nil {
					item.Properties = &container.BlobProperties{}
				}
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}

// children yields what is directly below prefix, which ends in "/" unless it is
// empty, in no particular order.
func (d *driver) children(ctx context.Context, prefix string) iter.Seq2[entry, error] {
	return func(yield func(entry, error) bool) {
		for p, err := range d.hierarchy(prefix).pages(ctx) {
			if err != nil {
				yield(entry{}, err)
				return
			}
			for _, found := range p.folders {
				if !yield(entry{name: strings.TrimSuffix(*found.Name, "/"), kind: folder}, nil) {
					return
				}
			}
			for _, item := range p.items {
				if !yield(toEntry(item), nil) {
					return
				}
			}
		}
	}
}
