package faultproxy_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// through gives a fresh container, seen through a new proxy.
func through(t *testing.T) (*container.Client, *faultproxy.Proxy) {
	t.Helper()
	srv := azurite.Shared(t)
	p := faultproxy.ForTest(t, srv.URL)
	client, err := srv.ClientAt(p.URL())
	if err != nil {
		t.Fatal(err)
	}
	return client.ServiceClient().NewContainerClient(srv.NewContainer(t)), p
}

func body(s string) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader([]byte(s))) }

func TestCopyThroughTheProxy(t *testing.T) {
	client, p := through(t)
	source := client.NewAppendBlobClient("a/source")
	if _, err := source.Create(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := source.AppendBlock(t.Context(), body("some bytes"), nil); err != nil {
		t.Fatal(err)
	}
	copied := client.NewBlobClient("a/copy")
	if _, err := copied.StartCopyFromURL(t.Context(), source.URL(), nil); err != nil {
		t.Fatal(err)
	}
	resp, err := copied.DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(resp.Body)
	if err != nil || string(got) != "some bytes" {
		t.Fatalf("read %q, %v", got, err)
	}
	for _, op := range []faultproxy.Op{faultproxy.Create, faultproxy.Append, faultproxy.Copy, faultproxy.Get} {
		if n := p.Requests()[op]; n != 1 {
			t.Errorf("%d requests were taken for %v, want 1", n, op)
		}
	}
}
