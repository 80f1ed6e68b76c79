package registrytest

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// Storage is an empty container with a fault proxy in front of it.
type Storage struct {
	*faultproxy.Proxy
	Server    *azurite.Server
	Container string
	Direct    *container.Client // past the proxy: what really is stored
}

// NewStorage makes a storage on the test binary's shared server.
func NewStorage(t testing.TB, options ...faultproxy.Option) *Storage {
	t.Helper()
	return StorageOn(t, azurite.Shared(t), options...)
}

// StorageOn makes a storage on a server of the test's own.
func StorageOn(t testing.TB, server *azurite.Server, options ...faultproxy.Option) *Storage {
	t.Helper()
	client, err := server.Client()
	require.NoError(t, err)
	options = append([]faultproxy.Option{faultproxy.WithAccount(client.ServiceClient())}, options...)
	s := &Storage{
		Proxy:     faultproxy.ForTest(t, server.URL, options...),
		Server:    server,
		Container: server.NewContainer(t),
	}
	s.Direct = client.ServiceClient().NewContainerClient(s.Container)
	return s
}

// Azure is the section storage.azure for this storage: everything at its default, but for
// the changes.
func (s *Storage) Azure(changes Section) Section {
	return Section{
		"accountname": s.Server.Account,
		"accountkey":  s.Server.Key,
		"container":   s.Container,
		"serviceurl":  s.URL(),
	}.With(changes)
}

// Names are those of all blobs in the container.
func (s *Storage) Names(t testing.TB) []string {
	t.Helper()
	var names []string
	for pager := s.Direct.NewListBlobsFlatPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		require.NoError(t, err)
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names
}

// UploadBlobs are the blobs that hold the content of the uploads under way.
func (s *Storage) UploadBlobs(t testing.TB) []string {
	t.Helper()
	var uploads []string
	for _, name := range s.Names(t) {
		if strings.Contains(name, "/_uploads/") && path.Base(name) == "data" {
			uploads = append(uploads, name)
		}
	}
	return uploads
}

// Digests are those that something is stored under. Whatever a test did, the bytes under a
// digest are the digest's.
func (s *Storage) Digests(t testing.TB) []string {
	t.Helper()
	var digests []string
	for _, name := range s.Names(t) {
		digest := path.Base(path.Dir(name))
		if !strings.Contains(name, "docker/registry/v2/blobs/sha256/") || path.Base(name) != "data" {
			continue // a directory, where there are any
		}
		require.Equal(t, digest, s.Sum(t, name), "wrong bytes are stored under a digest")
		digests = append(digests, digest)
	}
	return digests
}

// Put stores content under a blob's name, in place of what is there.
func (s *Storage) Put(t testing.TB, name string, content []byte) {
	t.Helper()
	if slices.Contains(s.Names(t), name) {
		_, err := s.Direct.NewBlobClient(name).Delete(t.Context(), nil)
		require.NoError(t, err)
	}
	_, err := s.Direct.NewBlockBlobClient(name).UploadBuffer(t.Context(), content, nil)
	require.NoError(t, err)
}

// Sum is the SHA-256 of a blob's bytes.
func (s *Storage) Sum(t testing.TB, name string) string {
	t.Helper()
	response, err := s.Direct.NewBlobClient(name).DownloadStream(t.Context(), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, response.Body)
	require.NoError(t, err)
	return hex.EncodeToString(hash.Sum(nil))
}
