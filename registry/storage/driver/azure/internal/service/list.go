package service

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// PageSize is how many blobs the service lists at a time if it isn't told
// otherwise, and the most that it lists (REST: "List Blobs", maxresults).
const PageSize = 5000

// errNoListing is an answer that the service doesn't give. What something in
// between made up must not pass for an empty folder.
var errNoListing = errors.New("the answer is not the page of the listing that was asked for")

// Item is a blob, or a directory, as a listing shows it.
type Item struct {
	Name      string
	ETag      ETag // without quotes
	Size      int64
	Created   time.Time
	Modified  time.Time
	Directory bool // of an account with hierarchical namespace
	Complete  bool // as Properties.Complete
	Archived  bool // in the archive tier, so that it can't be read

	CopySource string // URL of the copy that made the blob, or is to
	CopyTotal  int64  // bytes that it copies
}

// Prefix is what the names of some blobs begin with, as a listing of what is
// directly below another prefix shows them.
type Prefix struct {
	Name      string // without the slash at its end
	Directory bool   // there is a directory of that name, perhaps an empty one
}

// Page is what a listing shows at a time. It may hold fewer entries than asked
// for, or none.
type Page struct {
	Items    []Item
	Prefixes []Prefix

	next    string // marker of the page that follows, empty on the last one
	genuine bool   // the answer is a listing at all
}

// Listing is a listing under way. Only a missing marker ends it (REST: "List
// Blobs"). Not safe for concurrent use.
type Listing struct {
	c      *Client
	prefix string
	direct bool // what is below a folder isn't listed, only the folder is
	fetch  func(ctx context.Context, marker *string) (Page, error)
	marker *string // of the page to come
	ended  bool
}

// included is what a listing has to show for an Item.
var included = container.ListBlobsInclude{Copy: true, Metadata: true}

// List lists all blobs whose names begin with prefix, by their names. pageSize is
// how many to ask for at a time, 0 for as many as the service gives.
func (c *Client) List(prefix string, pageSize int) *Listing {
	options := container.ListBlobsFlatOptions{Prefix: &prefix, Include: included}
	if pageSize > 0 {
		options.MaxResults = to.Ptr(int32(pageSize))
	}
	return &Listing{c: c, prefix: prefix, fetch: func(ctx context.Context, marker *string) (Page, error) {
		options.Marker = marker
		answer, err := c.container.NewListBlobsFlatPager(&options).NextPage(ctx)
		p := Page{next: value(answer.NextMarker), genuine: cmp.Or(answer.ContainerName, answer.ServiceEndpoint) != nil || answer.Segment != nil}
		if answer.Segment != nil {
			p.Items = toItems(answer.Segment.BlobItems)
		}
		return p, err
	}}
}

// ListDirect lists what is directly below prefix, prefixes and blobs apart.
// However many blobs have a prefix, it counts as one entry of a page.
func (c *Client) ListDirect(prefix string) *Listing {
	options := container.ListBlobsHierarchyOptions{Prefix: &prefix, Include: included}
	return &Listing{c: c, prefix: prefix, direct: true, fetch: func(ctx context.Context, marker *string) (Page, error) {
		options.Marker = marker
		answer, err := c.container.NewListBlobsHierarchyPager("/", &options).NextPage(ctx)
		p := Page{next: value(answer.NextMarker), genuine: cmp.Or(answer.ContainerName, answer.ServiceEndpoint) != nil || answer.Segment != nil}
		if answer.Segment != nil {
			p.Items = toItems(answer.Segment.BlobItems)
			for _, found := range answer.Segment.BlobPrefixes {
				name, _ := strings.CutSuffix(value(found.Name), "/")
				p.Prefixes = append(p.Prefixes, Prefix{Name: name, Directory: found.Properties != nil})
			}
		}
		return p, err
	}}
}

func toItems(found []*container.BlobItem) []Item {
	items := make([]Item, len(found))
	for i, f := range found {
		items[i] = toItem(f)
	}
	return items
}

func toItem(f *container.BlobItem) Item {
	item := Item{Name: value(f.Name), Directory: Metadata(f.Metadata).directory(), Complete: true}
	if p := f.Properties; p != nil {
		item.ETag, item.Size, item.Modified = value(p.ETag), value(p.ContentLength), value(p.LastModified)
		item.Created = value(p.CreationTime)
		item.Directory = item.Directory || value(p.ResourceType) == "directory"
		item.Archived = value(p.AccessTier) == container.AccessTierArchive
		item.CopySource = value(p.CopySource)
		item.CopyTotal = copyTotal(p.CopyProgress)
		status := value(p.CopyStatus)
		item.Complete = status == "" || status == blob.CopyStatusTypeSuccess
	}
	return item
}

// More reports whether another page may follow.
func (l *Listing) More() bool { return !l.ended }

// Page asks for the next page. What isn't a page of this listing counts as no
// answer.
func (l *Listing) Page(ctx context.Context) (p Page, err error) {
	_, err = l.c.attempt(ctx, call{op: opList, blob: l.prefix}, func(ctx context.Context, _ *body) (err error) {
		if p, err = l.fetch(ctx, l.marker); err == nil {
			err = l.check(p)
		}
		return err
	})
	if err != nil {
		return Page{}, err
	}
	l.marker, l.ended = &p.next, p.next == ""
	return p, nil
}

// check refuses a page that can't be one of this listing.
func (l *Listing) check(p Page) error {
	wrong := func(what string) error { return fmt.Errorf("%w: %s", errNoListing, what) }
	switch {
	case !p.genuine:
		return wrong("it is no listing")
	case p.next != "" && p.next == value(l.marker):
		return wrong("it leads back to itself")
	}
	for _, item := range p.Items {
		if !l.has(item.Name) {
			return wrong("it names blobs that aren't asked for")
		}
	}
	for _, found := range p.Prefixes {
		if !l.has(found.Name) {
			return wrong("it names folders that aren't asked for")
		}
	}
	return nil
}

// has reports whether a name may be in this listing.
func (l *Listing) has(name string) bool {
	rest, ok := strings.CutPrefix(name, l.prefix)
	return ok && name != "" && (!l.direct || !strings.Contains(rest, "/"))
}

// Pages runs through the listing. An error is the last that it yields.
func (l *Listing) Pages(ctx context.Context) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		for l.More() {
			p, err := l.Page(ctx)
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// Items yields all that the listing has of blobs and directories, in its order.
func (l *Listing) Items(ctx context.Context) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		for p, err := range l.Pages(ctx) {
			if err != nil {
				yield(Item{}, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
		}
	}
}
