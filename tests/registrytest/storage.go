package registrytest

import (
	"maps"
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
func NewStorage(t testing.TB) *Storage {
	t.Helper()
	return StorageOn(t, azurite.Shared(t))
}

// StorageOn makes a storage on a server of the test's own.
func StorageOn(t testing.TB, server *azurite.Server) *Storage {
	t.Helper()
	s := &Storage{
		Proxy:     faultproxy.ForTest(t, server.URL),
		Server:    server,
		Container: server.NewContainer(t),
	}
	client, err := server.Client()
	require.NoError(t, err)
	s.Direct = client.ServiceClient().NewContainerClient(s.Container)
	return s
}

// Azure is the section storage.azure for this storage: everything at its default, but for
// the changes.
func (s *Storage) Azure(changes Section) Section {
	section := Section{
		"accountname": s.Server.Account,
		"accountkey":  s.Server.Key,
		"container":   s.Container,
		"serviceurl":  s.URL(),
	}
	maps.Copy(section, changes)
	return section
}
