package azure

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// list follows a listing to its end: how many pages it takes may differ.
func (p *probe) list(t *testing.T, s probeStep) (string, error) {
	var names []string
	if s.delimiter {
		pager := p.container.NewListBlobsHierarchyPager("/", &container.ListBlobsHierarchyOptions{Prefix: &p.prefix, MaxResults: &s.page})
		for pager.More() {
			page, err := pager.NextPage(t.Context())
			if err != nil {
				return "", err
			}
			for _, prefix := range page.Segment.BlobPrefixes {
				names = append(names, *prefix.Name)
			}
			names = p.items(names, page.Segment.BlobItems)
		}
	} else {
		pager := p.container.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Prefix: &p.prefix, MaxResults: &s.page})
		for pager.More() {
			page, err := pager.NextPage(t.Context())
			if err != nil {
				return "", err
			}
			names = p.items(names, page.Segment.BlobItems)
		}
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " "), nil
}

func (p *probe) items(names []string, items []*container.BlobItem) []string {
	for _, item := range items {
		names = append(names, fmt.Sprintf("%s(%s, %d, %x)", *item.Name, *item.Properties.BlobType,
			*item.Properties.ContentLength, item.Properties.ContentMD5))
	}
	return names
}
