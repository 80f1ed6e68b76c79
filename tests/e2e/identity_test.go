package e2e

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// domain stands for core.windows.net. Nobody has it (RFC 6761).
const domain = "storage.test"

// A managed identity: the token comes from the endpoint that Azure App Service names in the
// environment, and clients are redirected with a user delegation key. The account has its
// usual host name, which a proxy for CONNECT takes to Azurite.
func TestManagedIdentityAndUserDelegation(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{HTTPS: true, OAuth: true})
	container := server.NewContainer(t)
	tunnel := registrytest.Tunnel(t, domain, server.URL)
	identity := httptest.NewServer(http.HandlerFunc(issueToken))
	t.Cleanup(identity.Close)

	r := registrytest.Start(t, registrytest.Options{
		Azure: registrytest.Section{
			"accountname": server.Account, "container": container, "realm": domain, "skipverify": true,
			"credentials": registrytest.Section{"type": "default_credentials"},
		},
		Redirects: true,
		Env: []string{
			"HTTPS_PROXY=" + tunnel, "NO_PROXY=127.0.0.1",
			"IDENTITY_ENDPOINT=" + identity.URL, "IDENTITY_HEADER=header",
		},
	})
	image := newImage(t, "identity", newLayer(t.Name(), 5*mebibyte))
	reference := latest(t, r, "identity/app")
	require.NoError(t, push(t.Context(), reference, image))

	redirected := &hosts{inner: tunnelled(t, tunnel)}
	pulled, err := remote.Image(reference, append(registrytest.Once(t.Context()), remote.WithTransport(redirected))...)
	require.NoError(t, err)
	layers, err := image.Layers()
	require.NoError(t, err)
	require.NoError(t, samePulled(pulled, layers[0]))
	require.Contains(t, redirected.seen(), server.Account+".blob."+domain, "the layer didn't come from the storage")
	require.NotContains(t, r.Log.String(), "sig=")
}

// issueToken answers as the identity endpoint of Azure App Service does ("How to use managed
// identities for App Service", REST endpoint reference).
func issueToken(w http.ResponseWriter, r *http.Request) {
	token, err := azurite.TokenCredential{}.GetToken(r.Context(), policy.TokenRequestOptions{})
	if err != nil || r.Header.Get("X-IDENTITY-HEADER") != "header" {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{ // a client that has gone is no matter
		"access_token": token.Token,
		"expires_on":   strconv.FormatInt(token.ExpiresOn.Unix(), 10),
		"resource":     r.URL.Query().Get("resource"),
		"token_type":   "Bearer",
	})
}

// tunnelled is a transport that goes through the proxy to the storage, whose certificate is for
// another name.
func tunnelled(t *testing.T, proxy string) *http.Transport {
	t.Helper()
	through, err := url.Parse(proxy)
	require.NoError(t, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	transport.Proxy = func(request *http.Request) (*url.URL, error) {
		if strings.HasSuffix(request.URL.Hostname(), domain) {
			return through, nil
		}
		return nil, nil
	}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// hosts notes whom requests go to.
type hosts struct {
	inner http.RoundTripper
	mu    sync.Mutex
	names []string
}

// RoundTrip implements http.RoundTripper.
func (h *hosts) RoundTrip(request *http.Request) (*http.Response, error) {
	h.mu.Lock()
	h.names = append(h.names, request.URL.Hostname())
	h.mu.Unlock()
	return h.inner.RoundTrip(request)
}

func (h *hosts) seen() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.names
}
