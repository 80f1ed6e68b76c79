package azurite

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
)

// HTTPClient returns a client that trusts the server's certificate. Each has its own
// connections, so that one test's can't disturb another's.
func (s *Server) HTTPClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.TLSClientConfig = &tls.Config{RootCAs: s.CertPool, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}
}

// Client returns an SDK client with the account's shared key and the SDK's default
// retries.
func (s *Server) Client() (*azblob.Client, error) {
	return s.ClientAt(s.URL)
}

// ClientAt is Client for the same account at another URL, such as that of a proxy
// which stands in front of the server.
func (s *Server) ClientAt(url string) (*azblob.Client, error) {
	key, err := azblob.NewSharedKeyCredential(s.Account, s.Key)
	if err != nil {
		return nil, fmt.Errorf("azurite: shared key: %w", err)
	}
	client, err := azblob.NewClientWithSharedKeyCredential(url, key, &azblob.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: s.HTTPClient()},
	})
	if err != nil {
		return nil, fmt.Errorf("azurite: client for %s: %w", url, err)
	}
	return client, nil
}

// CreateContainer makes an empty container. It fails if one of that name exists.
func (s *Server) CreateContainer(ctx context.Context, name string) error {
	client, err := s.Client()
	if err != nil {
		return err
	}
	if _, err := client.CreateContainer(ctx, name, nil); err != nil {
		return fmt.Errorf("azurite: creating container %s: %w", name, err)
	}
	return nil
}

// ConnectionString names this server the way Azure's tools expect it.
func (s *Server) ConnectionString() string {
	scheme, _, _ := strings.Cut(s.URL, "://")
	return fmt.Sprintf("DefaultEndpointsProtocol=%s;AccountName=%s;AccountKey=%s;BlobEndpoint=%s;",
		scheme, s.Account, s.Key, s.URL)
}
