package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// storage is an empty container with a fault proxy in front of it.
type storage struct {
	*faultproxy.Proxy
	server    *azurite.Server
	container string
	direct    *container.Client // past the proxy: what really is stored
}

func newStorage(t testing.TB, options ...faultproxy.Option) *storage {
	t.Helper()
	return storageOn(t, azurite.Shared(t), options...)
}

func storageOn(t testing.TB, server *azurite.Server, options ...faultproxy.Option) *storage {
	t.Helper()
	s := &storage{
		Proxy:     faultproxy.ForTest(t, server.URL, options...),
		server:    server,
		container: server.NewContainer(t),
	}
	client, err := server.Client()
	require.NoError(t, err)
	s.direct = client.ServiceClient().NewContainerClient(s.container)
	return s
}

// azure is the section storage.azure for this storage, everything else at its default.
func (s *storage) azure() section {
	return section{
		"accountname": s.server.Account,
		"accountkey":  s.server.Key,
		"container":   s.container,
		"serviceurl":  s.URL(),
	}
}

// quick is azure for tests in which something stalls.
func (s *storage) quick() section {
	return s.azure().with(section{"try_timeout": "1s", "retry_delay": "20ms"})
}

// names are those of all blobs in the container.
func (s *storage) names(t testing.TB) []string {
	t.Helper()
	var names []string
	for pager := s.direct.NewListBlobsFlatPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		require.NoError(t, err)
		for _, item := range page.Segment.BlobItems {
			names = append(names, *item.Name)
		}
	}
	return names
}

// digests are the names that blobs are stored under. Whatever a test did, the bytes under a
// digest are the digest's.
func (s *storage) digests(t testing.TB) []string {
	t.Helper()
	var digests []string
	for _, name := range s.names(t) {
		digest := path.Base(path.Dir(name))
		if !strings.Contains(name, "docker/registry/v2/blobs/sha256/") {
			continue
		}
		require.Equal(t, digest, s.sum(t, name), "wrong bytes are stored under a digest")
		digests = append(digests, digest)
	}
	return digests
}

// sum is the SHA-256 of a blob's bytes.
func (s *storage) sum(t testing.TB, name string) string {
	t.Helper()
	response, err := s.direct.NewBlobClient(name).DownloadStream(t.Context(), nil)
	require.NoError(t, err)
	defer response.Body.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, response.Body)
	require.NoError(t, err)
	return hex.EncodeToString(hash.Sum(nil))
}
