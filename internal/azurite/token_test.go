package azurite

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

func tokenClient(t *testing.T, s *Server) *azblob.Client {
	t.Helper()
	client, err := azblob.NewClient(s.URL, TokenCredential{}, &azblob.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: s.HTTPClient()},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestTokensAreAccepted(t *testing.T) {
	s := ForTest(t, Options{InMemory: true, HTTPS: true, OAuth: true})
	container := s.NewContainer(t)
	if _, err := tokenClient(t, s).UploadBuffer(t.Context(), container, "a/blob", []byte("some bytes"), nil); err != nil {
		t.Fatal(err)
	}
	expect(t, s, container, "a/blob", "some bytes")
}

func TestTokensNeedTheOption(t *testing.T) {
	s := ForTest(t, Options{InMemory: true, HTTPS: true})
	_, err := tokenClient(t, s).UploadBuffer(t.Context(), s.NewContainer(t), "a/blob", []byte("some bytes"), nil)
	if !bloberror.HasCode(err, bloberror.AuthorizationFailure, bloberror.AuthenticationFailed, bloberror.InvalidAuthenticationInfo) {
		t.Errorf("got %v", err)
	}
}
