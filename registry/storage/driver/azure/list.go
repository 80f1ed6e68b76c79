package azure

import (
	"context"
	"iter"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// pages runs through the pages of a listing. A page may hold fewer entries than
// asked for, or none; only the missing marker ends a listing (REST: "List
// Blobs"), which is what pager.More looks at.
func pages[T any](ctx context.Context, d *driver, prefix string, pager *runtime.Pager[T]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for pager.More() {
			page, err := nextPage(ctx, d, prefix, pager)
			if !yield(page, err) || err != nil {
				return
			}
		}
	}
}

// nextPage asks for the next page of a listing.
func nextPage[T any](ctx context.Context, d *driver, prefix string, pager *runtime.Pager[T]) (page T, err error) {
	_, err = d.attempt(ctx, call{op: opList, blob: prefix}, func(ctx context.Context) (err error) {
		page, err = pager.NextPage(ctx)
		return err
	})
	return page, err
}

// blobs lists all blobs whose names begin with prefix, in the order of their
// names. pageSize is how many to ask for at a time, 0 for as many as the
// service gives (5,000).
func (d *driver) blobs(ctx context.Context, prefix string, pageSize int32) iter.Seq2[*container.BlobItem, error] {
	options := &container.ListBlobsFlatOptions{Prefix: &prefix}
	if pageSize > 0 {
		options.MaxResults = &pageSize
	}
	return func(yield func(*container.BlobItem, error) bool) {
		for page, err := range pages(ctx, d, prefix, d.container.NewListBlobsFlatPager(options)) {
			if err != nil {
				yield(nil, err)
				return
			}
			if page.Segment == nil {
				continue
			}
			for _, item := range page.Segment.BlobItems {
				if item.Properties == nil {
					item.Properties = &container.BlobProperties{}
				}
				if item.Name != nil && !yield(item, nil) {
					return
				}
			}
		}
	}
}

// children lists what is directly below prefix, which ends in "/" unless it is
// empty, folders and blobs apart, in no particular order. However large the
// folders are, each counts as one entry of a page.
func (d *driver) children(ctx context.Context, prefix string) iter.Seq2[entry, error] {
	options := &container.ListBlobsHierarchyOptions{Prefix: &prefix, Include: forEntries}
	return func(yield func(entry, error) bool) {
		for page, err := range pages(ctx, d, prefix, d.container.NewListBlobsHierarchyPager("/", options)) {
			if err != nil {
				yield(entry{}, err)
				return
			}
			if page.Segment == nil {
				continue
			}
			for _, found := range page.Segment.BlobPrefixes {
				if found.Name != nil && !yield(entry{name: strings.TrimSuffix(*found.Name, "/"), kind: folder}, nil) {
					return
				}
			}
			for _, item := range page.Segment.BlobItems {
				if item.Name != nil && !yield(toEntry(item), nil) {
					return
				}
			}
		}
	}
}
