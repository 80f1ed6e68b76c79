package faultproxy_test

import (
	"io"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

const copied = "the bytes to copy"

// startCopy copies a fresh blob onto a/copy & b while the fault is armed, and returns the
// source, the destination and the id of the copy.
func startCopy(t *testing.T, client *container.Client, p *faultproxy.Proxy, kind faultproxy.Kind) (source, destination *blob.Client, id string) {
	t.Helper()
	if _, err := client.NewBlockBlobClient("a/source").Upload(t.Context(), body(copied), nil); err != nil {
		t.Fatal(err)
	}
	source, destination = client.NewBlobClient("a/source"), client.NewBlobClient("a/copy & b")
	p.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: kind})
	resp, err := destination.StartCopyFromURL(t.Context(), source.URL(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *resp.CopyStatus != blob.CopyStatusTypePending {
		t.Fatalf("the copy's status is %v", *resp.CopyStatus)
	}
	return source, destination, *resp.CopyID
}

// expectCopy fails the test unless the destination looks as it should to Head, Get and List.
func expectCopy(t *testing.T, client *container.Client, destination *blob.Client, status blob.CopyStatusType, content string) {
	t.Helper()
	head, err := destination.GetProperties(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *head.CopyStatus != status || *head.ContentLength != int64(len(content)) {
		t.Errorf("Head: %v, %d bytes; want %v, %d", *head.CopyStatus, *head.ContentLength, status, len(content))
	}

	get, err := destination.DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(get.Body); err != nil || string(got) != content || *get.CopyStatus != status {
		t.Errorf("Get: %q, %v, %v; want %q, %v", got, *get.CopyStatus, err, content, status)
	}

	for item := range listed(t, client, true) {
		if *item.Name != "a/copy & b" {
			continue
		}
		if *item.Properties.CopyStatus != status || *item.Properties.ContentLength != int64(len(content)) {
			t.Errorf("List: %v, %d bytes; want %v, %d", *item.Properties.CopyStatus, *item.Properties.ContentLength, status, len(content))
		}
	}
	for item := range listed(t, client, false) {
		if *item.Name == "a/copy & b" && *item.Properties.ContentLength != int64(len(content)) {
			t.Errorf("List without copies: %d bytes, want %d", *item.Properties.ContentLength, len(content))
		}
		if *item.Name == "a/source" && *item.Properties.ContentLength != int64(len(copied)) {
			t.Errorf("List: the source has %d bytes, want %d", *item.Properties.ContentLength, len(copied))
		}
	}
}

// listed yields the two blobs of the container, and fails the test if there aren't two.
func listed(t *testing.T, client *container.Client, copies bool) func(yield func(*container.BlobItem) bool) {
	return func(yield func(*container.BlobItem) bool) {
		t.Helper()
		page, err := client.NewListBlobsFlatPager(&container.ListBlobsFlatOptions{
			Include: container.ListBlobsInclude{Copy: copies},
		}).NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n := len(page.Segment.BlobItems); n != 2 {
			t.Errorf("%d blobs are listed, want 2", n)
		}
		for _, item := range page.Segment.BlobItems {
			if !yield(item) {
				return
			}
		}
	}
}

func TestPendingCopySucceedsInTheEnd(t *testing.T) {
	client, p := through(t)
	_, destination, _ := startCopy(t, client, p, faultproxy.CopyPending(time.Second))
	for {
		head, err := destination.GetProperties(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if *head.CopyStatus != blob.CopyStatusTypePending {
			break
		}
		if *head.ContentLength != 0 {
			t.Fatalf("%d bytes while pending", *head.ContentLength)
		}
	}
	expectCopy(t, client, destination, blob.CopyStatusTypeSuccess, copied)
}

func TestPendingCopyIsEmptyAndRefusesWrites(t *testing.T) {
	client, p := through(t)
	_, destination, _ := startCopy(t, client, p, faultproxy.CopyPending(time.Hour))
	expectCopy(t, client, destination, blob.CopyStatusTypePending, "")

	if _, err := destination.Delete(t.Context(), nil); !bloberror.HasCode(err, bloberror.PendingCopyOperation) {
		t.Errorf("deleting the destination: %v", err)
	}
	_, err := client.NewBlockBlobClient("a/copy & b").Upload(t.Context(), body("other"), nil)
	if !bloberror.HasCode(err, bloberror.PendingCopyOperation) {
		t.Errorf("overwriting the destination: %v", err)
	}
	_, err = destination.DownloadStream(t.Context(), &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 0, Count: 1}})
	if !bloberror.HasCode(err, bloberror.InvalidRange) {
		t.Errorf("reading a range: %v", err)
	}
}

func TestAbortedCopyLeavesAnEmptyBlob(t *testing.T) {
	client, p := through(t)
	_, destination, id := startCopy(t, client, p, faultproxy.CopyPending(time.Hour))
	if _, err := destination.AbortCopyFromURL(t.Context(), "another id", nil); !bloberror.HasCode(err, bloberror.CopyIDMismatch) {
		t.Errorf("aborting another copy: %v", err)
	}
	if _, err := destination.AbortCopyFromURL(t.Context(), id, nil); err != nil {
		t.Fatal(err)
	}
	expectCopy(t, client, destination, blob.CopyStatusTypeAborted, "")
	if _, err := destination.AbortCopyFromURL(t.Context(), id, nil); !bloberror.HasCode(err, bloberror.NoPendingCopyOperation) {
		t.Errorf("aborting a second time: %v", err)
	}
}

func TestCopiesThatEndBadly(t *testing.T) {
	for kind, status := range map[*faultproxy.Kind]blob.CopyStatusType{
		&faultproxy.CopyFailed:  blob.CopyStatusTypeFailed,
		&faultproxy.CopyAborted: blob.CopyStatusTypeAborted,
	} {
		t.Run(kind.String(), func(t *testing.T) {
			client, p := through(t)
			source, destination, _ := startCopy(t, client, p, *kind)
			expectCopy(t, client, destination, status, "")

			// The next copy to the same place is a fresh start.
			if _, err := destination.Delete(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if _, err := destination.StartCopyFromURL(t.Context(), source.URL(), nil); err != nil {
				t.Fatal(err)
			}
			expectCopy(t, client, destination, blob.CopyStatusTypeSuccess, copied)
		})
	}
}

func TestPendingCopyFailsWithItsSource(t *testing.T) {
	client, p := through(t)
	source, destination, _ := startCopy(t, client, p, faultproxy.CopyPending(time.Hour))
	if _, err := source.Delete(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	head, err := destination.GetProperties(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if *head.CopyStatus != blob.CopyStatusTypeFailed || *head.ContentLength != 0 {
		t.Errorf("%v, %d bytes; want failed, 0", *head.CopyStatus, *head.ContentLength)
	}
}

func TestRefusedCopyIsNotPending(t *testing.T) {
	client, p := through(t)
	armed := p.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(time.Hour)})
	missing, destination := client.NewBlobClient("missing"), client.NewBlobClient("copy")
	if _, err := destination.StartCopyFromURL(t.Context(), missing.URL(), nil); err == nil {
		t.Error("a missing blob was copied")
	}
	if armed.Struck() != 0 {
		t.Error("a refused copy counts as struck")
	}
	p.Disarm()
}
