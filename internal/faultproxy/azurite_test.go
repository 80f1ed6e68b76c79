package faultproxy_test

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// through gives a fresh container, seen through a new proxy.
func through(t *testing.T, options ...faultproxy.Option) (*container.Client, *faultproxy.Proxy) {
	t.Helper()
	return proxied(t, azurite.Shared(t).NewContainer(t), options...)
}

// proxied gives the container of that name, seen through a new proxy.
func proxied(t *testing.T, name string, options ...faultproxy.Option) (*container.Client, *faultproxy.Proxy) {
	t.Helper()
	srv := azurite.Shared(t)
	p := faultproxy.ForTest(t, srv.URL, options...)
	client, err := srv.ClientAt(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	return client.ServiceClient().NewContainerClient(name), p
}

func body(s string) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader([]byte(s))) }

// newLog makes an empty append blob.
func newLog(t *testing.T, client *container.Client, name string) *appendblob.Client {
	t.Helper()
	log := client.NewAppendBlobClient(name)
	if _, err := log.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	return log
}

// appendAt appends one block on the condition that the blob is offset bytes long.
func appendAt(t *testing.T, log *appendblob.Client, offset int64, block string) error {
	t.Helper()
	_, err := log.AppendBlock(t.Context(), body(block), &appendblob.AppendBlockOptions{
		AppendPositionAccessConditions: &appendblob.AppendPositionAccessConditions{AppendPosition: &offset},
	})
	return err
}

// expectStored fails the test unless the blob holds exactly these bytes.
func expectStored(t *testing.T, log *appendblob.Client, want string) {
	t.Helper()
	resp, err := log.DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != want {
		t.Fatalf("stored %q, %v; want %q", got, err, want)
	}
}

func TestCopyThroughTheProxy(t *testing.T) {
	client, p := through(t)
	source := newLog(t, client, "a/source")
	if err := appendAt(t, source, 0, "some bytes"); err != nil {
		t.Fatal(err)
	}
	copied := client.NewAppendBlobClient("a/copy")
	if _, err := copied.StartCopyFromURL(t.Context(), source.URL(), nil); err != nil {
		t.Fatal(err)
	}
	expectStored(t, copied, "some bytes")
	for _, op := range []faultproxy.Op{faultproxy.Create, faultproxy.Append, faultproxy.Copy, faultproxy.Get} {
		if n := p.Requests()[op]; n != 1 {
			t.Errorf("%d requests were taken for %v, want 1", n, op)
		}
	}
}

// TestRetryOfAnAppliedAppend is the failure that this project exists for, as the SDK shows it:
// its own retry of an append that was carried out is refused.
func TestRetryOfAnAppliedAppend(t *testing.T) {
	for _, kind := range []faultproxy.Kind{faultproxy.OperationTimedOutAfter, faultproxy.ResetAfter, faultproxy.Twice} {
		t.Run(kind.String(), func(t *testing.T) {
			client, p := through(t)
			log := newLog(t, client, "log")
			p.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: kind})
			if err := appendAt(t, log, 0, "some bytes"); !bloberror.HasCode(err, bloberror.AppendPositionConditionNotMet) {
				t.Errorf("got %v", err)
			}
			expectStored(t, log, "some bytes")
		})
	}
}

func TestLateAppendIsRefusedOnceTheEndHasMoved(t *testing.T) {
	client, p := through(t)
	log := newLog(t, client, "log")
	armed := p.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.LateBy(2 * time.Second)})
	if err := appendAt(t, log, 0, "some bytes"); err != nil {
		t.Fatal(err) // the SDK's retry is in time
	}
	if err := p.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	expectStored(t, log, "some bytes")
	if late := armed.LateStatuses(); len(late) != 1 || late[0] != 412 {
		t.Errorf("late statuses: %v, want [412]", late)
	}
}

// Azurite doesn't tell how long a listing is. The SDK notices that half of one is missing, and asks again.
func TestCutListing(t *testing.T) {
	client, p := through(t)
	newLog(t, client, "log")
	cut := p.Arm(faultproxy.Fault{Op: faultproxy.List, Kind: faultproxy.CutResponse})
	page, err := client.NewListBlobsFlatPager(nil).NextPage(t.Context())
	if err != nil || len(page.Segment.BlobItems) != 1 {
		t.Errorf("got %v, %v", page.Segment, err)
	}
	if cut.Struck() != 1 || p.Requests()[faultproxy.List] != 2 {
		t.Errorf("struck %d times in %d listings", cut.Struck(), p.Requests()[faultproxy.List])
	}
}
