package driver

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// store is an empty container with a fault proxy in front of it.
type store struct {
	*faultproxy.Proxy
	container string
	direct    *container.Client // past the proxy: what really is stored
}

func newStore(t *testing.T, options ...faultproxy.Option) *store {
	t.Helper()
	server := azurite.Shared(t)
	name := server.NewContainer(t)
	client, err := server.Client()
	require.NoError(t, err)
	return &store{
		Proxy:     faultproxy.ForTest(t, server.URL, options...),
		container: name,
		direct:    client.ServiceClient().NewContainerClient(name),
	}
}

// parameters are those of a driver that goes through the proxy and doesn't wait long.
func (s *store) parameters() azure.DriverParameters {
	return azure.DriverParameters{
		AccountName: azurite.Account,
		AccountKey:  azurite.Key,
		Container:   s.container,
		ServiceURL:  s.URL(),
		RetryDelay:  "20ms",
		TryTimeout:  "5s",
	}
}

func newDriver(t *testing.T, parameters azure.DriverParameters) *azure.Driver {
	t.Helper()
	d, err := azure.New(t.Context(), &parameters)
	require.NoError(t, err)
	return d
}

func (s *store) driver(t *testing.T) *azure.Driver {
	t.Helper()
	return newDriver(t, s.parameters())
}

// stored is what the container has under this name.
func (s *store) stored(t *testing.T, name string) []byte {
	t.Helper()
	response, err := s.direct.NewBlobClient(name).DownloadStream(t.Context(), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return content
}

// names are those of all blobs in the container, in order.
func (s *store) names(t *testing.T) []string {
	t.Helper()
	names := []string{}
	for pager := s.direct.NewListBlobsFlatPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		require.NoError(t, err)
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names
}

// putDirect stores a block blob past driver and proxy.
func (s *store) putDirect(t *testing.T, name string, content []byte) {
	t.Helper()
	_, err := s.direct.NewBlockBlobClient(name).UploadBuffer(t.Context(), content, nil)
	require.NoError(t, err)
}

// appendDirect appends past driver and proxy.
func (s *store) appendDirect(t *testing.T, name string, content []byte) {
	t.Helper()
	_, err := s.direct.NewAppendBlobClient(name).AppendBlock(t.Context(), streaming.NopCloser(bytes.NewReader(content)), nil)
	require.NoError(t, err)
}

// createDirect makes an append blob past driver and proxy.
func (s *store) createDirect(t *testing.T, name string, content []byte) {
	t.Helper()
	_, err := s.direct.NewAppendBlobClient(name).Create(t.Context(), nil)
	require.NoError(t, err)
	if len(content) > 0 {
		s.appendDirect(t, name, content)
	}
}

// copyDirect starts a copy past the driver, but through the proxy.
func (s *store) copyDirect(t *testing.T, source, dest string) {
	t.Helper()
	client, err := azurite.Shared(t).ClientAt(s.URL())
	require.NoError(t, err)
	blobs := client.ServiceClient().NewContainerClient(s.container)
	_, err = blobs.NewBlobClient(dest).StartCopyFromURL(t.Context(), blobs.NewBlobClient(source).URL(), nil)
	require.NoError(t, err)
}

// random is the same n bytes for the same seed.
func random(seed uint64, n int) []byte {
	content := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)}).Read(content) // never fails
	return content
}

// upload writes content in one go and commits it.
func upload(t *testing.T, d storagedriver.StorageDriver, path string, content []byte) {
	t.Helper()
	w, err := d.Writer(t.Context(), path, false)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.NoError(t, w.Commit(t.Context()))
	require.NoError(t, w.Close())
}

// requireEqual compares large contents without printing them.
func requireEqual(t *testing.T, want, got []byte) {
	t.Helper()
	require.Len(t, got, len(want))
	require.True(t, bytes.Equal(want, got), "same length, other bytes")
}

// late is how late a request is carried out: after the driver has tried again. On a machine
// so slow that it lands before, a test proves less and passes all the same.
const late = 2 * time.Second
