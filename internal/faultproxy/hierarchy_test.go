package faultproxy

import (
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

// account is a container of Azurite behind a proxy with these options.
func accountFor(t *testing.T, options ...Option) (*Proxy, *container.Client) {
	t.Helper()
	srv := azurite.Shared(t)
	direct, err := srv.Client()
	if err != nil {
		t.Fatal(err)
	}
	p := ForTest(t, srv.URL, append([]Option{WithAccount(direct.ServiceClient())}, options...)...)
	client, err := srv.ClientAt(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	return p, client.ServiceClient().NewContainerClient(srv.NewContainer(t))
}

func put(t *testing.T, c *container.Client, name, content string) {
	t.Helper()
	if _, err := c.NewBlockBlobClient(name).UploadBuffer(t.Context(), []byte(content), nil); err != nil {
		t.Fatal(err)
	}
}

func TestHierarchyKeepsDirectories(t *testing.T) {
	t.Parallel()
	_, c := accountFor(t, Hierarchical())
	put(t, c, "a/b/c", "x")
	put(t, c, "a/d", "x")

	flat := func() (names []string) {
		for pager := c.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{Include: container.ListBlobsInclude{Metadata: true}}); pager.More(); {
			page, err := pager.NextPage(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Segment.BlobItems {
				kind := *item.Properties.ResourceType
				if marked := item.Metadata["hdi_isfolder"] != nil; marked != (kind == "directory") {
					t.Errorf("%s is a %s: %v", *item.Name, kind, item.Metadata)
				}
				names = append(names, kind+" "+*item.Name)
			}
		}
		return names
	}
	if got, want := flat(), []string{"directory a", "directory a/b", "file a/b/c", "file a/d"}; !slices.Equal(got, want) {
		t.Errorf("listed: %v", got)
	}
	if _, err := c.NewBlobClient("a/b").Delete(t.Context(), nil); !bloberror.HasCode(err, "DirectoryIsNotEmpty") {
		t.Errorf("deleting a directory: %v", err)
	}
	batch, err := c.NewBatchBuilder()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "a/b/c", "a/b", "missing"} {
		if err := batch.Delete(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	answer, err := c.SubmitBatch(t.Context(), batch, nil)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, part := range answer.Responses {
		code := ""
		if part.Error != nil {
			code = part.Error.Error()
		}
		codes = append(codes, code)
	}
	if len(codes) != 4 || codes[1] != "" || codes[2] != "" || codes[0] == "" || codes[3] == "" {
		t.Errorf("a batch's parts: %q", codes)
	}
	if got, want := flat(), []string{"directory a", "file a/d"}; !slices.Equal(got, want) {
		t.Errorf("listed: %v", got)
	}
	put(t, c, "e/f", "x")
	if _, err := c.NewBlobClient("e/f").Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	page, err := c.NewListBlobsHierarchyPager("/", nil).NextPage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var prefixes []string
	for _, prefix := range page.Segment.BlobPrefixes {
		prefixes = append(prefixes, *prefix.Name)
	}
	if slices.Sort(prefixes); !slices.Equal(prefixes, []string{"a/", "e/"}) || len(page.Segment.BlobItems) != 0 {
		t.Errorf("by folder: %v and %d files", prefixes, len(page.Segment.BlobItems))
	}
}

func TestVersionsKeepTheType(t *testing.T) {
	t.Parallel()
	_, c := accountFor(t, Versioned())
	answer, err := c.NewAppendBlobClient("a").Create(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.VersionID == nil || *answer.VersionID == "" {
		t.Error("an answer without x-ms-version-id")
	}
	if _, err := c.NewBlobClient("a").Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.NewBlockBlobClient("a").UploadBuffer(t.Context(), nil, nil); !bloberror.HasCode(err, "InvalidBlobType") {
		t.Errorf("another type after a delete: %v", err)
	}
}

func TestIgnoredRange(t *testing.T) {
	t.Parallel()
	p, c := accountFor(t)
	put(t, c, "a", "0123456789")
	p.Arm(Fault{Op: Get, Kind: IgnoreRange})
	for _, want := range []int64{10, 7} {
		answer, err := c.NewBlobClient("a").DownloadStream(t.Context(), &downloadFrom3)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if *answer.ContentLength != want {
			t.Errorf("%d bytes, want %d", *answer.ContentLength, want)
		}
	}
}

func TestScannedBlobHasAnotherETag(t *testing.T) {
	t.Parallel()
	p, c := accountFor(t)
	p.Arm(Fault{Op: Create, Kind: Scanned})
	created, err := c.NewAppendBlobClient("a").Create(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	seen, err := c.NewBlobClient("a").GetProperties(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *seen.ETag == *created.ETag || seen.Metadata["Scanned"] == nil {
		t.Errorf("%v, %v", *seen.ETag, seen.Metadata)
	}
}
