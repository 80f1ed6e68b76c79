package doctor

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// domain stands for core.windows.net. Nobody has it (RFC 6761).
const domain = "storage.test"

// tokenServer is the one Azurite of the package that takes tokens.
var tokenServer = sync.OnceValues(func() (*azurite.Server, error) {
	return azurite.Start(contextOfPackage, azurite.Options{HTTPS: true, OAuth: true, InMemory: true})
})

// identity is a storage that takes tokens, under its usual kind of address, and a machine's
// identity endpoint as Azure App Service has it.
type identity struct {
	*registrytest.Storage
	endpoint *faultproxy.Proxy // before the identity endpoint
	env      []string
	section  registrytest.Section
}

func newIdentity(t *testing.T) *identity {
	t.Helper()
	server, err := tokenServer()
	require.NoError(t, err)
	s := registrytest.StorageOn(t, server, faultproxy.WithRootCAs(server.CertPool))
	tls := httptest.NewTLSServer(front(t, s.URL(), nil)) // the SDK sends tokens over TLS only
	t.Cleanup(tls.Close)
	issuer := httptest.NewServer(http.HandlerFunc(issueToken))
	t.Cleanup(issuer.Close)
	endpoint := faultproxy.ForTest(t, issuer.URL)
	return &identity{
		Storage: s, endpoint: endpoint,
		env: []string{
			"HTTPS_PROXY=" + registrytest.Tunnel(t, domain, tls.URL), "NO_PROXY=127.0.0.1",
			"IDENTITY_ENDPOINT=" + endpoint.URL() + "/token", "IDENTITY_HEADER=" + headerSecret,
		},
		section: registrytest.Section{
			"accountname": server.Account, "container": s.Container, "realm": domain, "skipverify": true,
			"credentials": registrytest.Section{"type": "default_credentials"},
		},
	}
}

const headerSecret = "the-identity-header"

// issueToken answers as the identity endpoint of Azure App Service does.
func issueToken(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-IDENTITY-HEADER") != headerSecret {
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	}
	writeToken(w, r)
}

func writeToken(w http.ResponseWriter, r *http.Request) {
	token, err := azurite.TokenCredential{}.GetToken(r.Context(), policy.TokenRequestOptions{})
	if err != nil {
		http.Error(w, "no token", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]string{ // a client that has gone is no matter
		"access_token": token.Token, "expires_in": "3600", "expires_on": strconv.FormatInt(token.ExpiresOn.Unix(), 10),
		"resource": r.URL.Query().Get("resource"), "token_type": "Bearer",
	})
}

// config is the configuration with redirects off: the tunnel's certificate is for another
// name than the account's, which no client would take.
func (i *identity) config() registrytest.Section {
	config := healthy(i.section)
	config["storage"].(registrytest.Section)["redirect"] = registrytest.Section{"disable": true}
	return config
}

func TestIdentityIsNamed(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	r := examine(t, i.env, i.config())
	require.Equal(t, 0, r.code)
	found := r.row(t, "credential").Found
	for _, text := range []string{"managed identity", "object id object", "tenant tenant", "token in"} {
		require.Contains(t, found, text)
	}
	require.Empty(t, i.Names(t))
}

func TestIdentityEndpoint(t *testing.T) {
	t.Parallel()
	const several = `{"error":"invalid_request","error_description":"Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"}`
	jsonHeader := http.Header{"Content-Type": {"application/json"}}
	for name, b := range map[string]struct {
		kind  faultproxy.Kind
		named string
		broken
	}{
		"400":                {faultproxy.Answer(faultproxy.Reply{Status: 400, Header: jsonHeader, Body: several}), "", broken{name: "credential", says: []string{"400", "several identities", "set credentials.clientid"}}},
		"400 for one named":  {faultproxy.Answer(faultproxy.Reply{Status: 400, Header: jsonHeader, Body: "{}"}), "named-id", broken{name: "credential", says: []string{"named-id is not one of this machine's"}}},
		"503":                {faultproxy.Answer(faultproxy.Reply{Status: 503}), "", broken{name: "credential", says: []string{"503", "busy or down"}}},
		"401":                {faultproxy.Answer(faultproxy.Reply{Status: 401}), "", broken{name: "credential", says: []string{"401"}}},
		"closes connections": {faultproxy.ResetBefore, "", broken{name: "credential", says: []string{"the connection was closed", "no managed identity"}}},
		"never answers":      {faultproxy.StallBefore, "", broken{name: "credential", says: []string{"too slow", "try_timeout: 30s"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIdentity(t)
			i.endpoint.Arm(faultproxy.Fault{Kind: b.kind, Times: -1})
			i.section["try_timeout"] = "2s" // a token is waited for six times as long
			if b.named != "" {
				i.section["credentials"] = registrytest.Section{"type": "default_credentials", "clientid": b.named}
			}
			r := examine(t, i.env, i.config())
			requireFirst(t, r, b.broken)
			require.NotContains(t, r.stdout, headerSecret)
		})
	}
}

// What the identity may not do shows one by one.
func TestRoles(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]struct {
		op faultproxy.Op
		broken
	}{
		"none":         {faultproxy.Any, broken{name: "container", says: []string{"Storage Blob Data Contributor", "--assignee-object-id object"}}},
		"no delegator": {faultproxy.Key, broken{name: "delegation key", result: azure.Warning, says: []string{"Storage Blob Delegator", "storage.redirect.disable: true"}}},
		"read only":    {faultproxy.Create, broken{name: "right to create", says: []string{"Storage Blob Data Contributor"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIdentity(t)
			i.Arm(faultproxy.Fault{Op: b.op, Kind: faultproxy.PermissionMismatch, Times: -1})
			config := healthy(i.section)
			requireFirst(t, examine(t, i.env, config), b.broken)
		})
	}
}

// The proxy of the environment doesn't lead to the identity endpoint.
func TestProxyBeforeTheIdentityEndpoint(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	env := append([]string{}, i.env...)
	proxy := strings.TrimPrefix(env[0], "HTTPS_PROXY=")
	env[2] = "IDENTITY_ENDPOINT=http://identity.test/token"
	env = append(env, "HTTP_PROXY="+proxy)
	r := examine(t, env, i.config())
	requireFirst(t, r, broken{name: "credential", says: []string{"identity.test", "through the proxy", "set NO_PROXY=identity.test"}})
}

// A slow endpoint is waited for, and told.
func TestSlowIdentityEndpoint(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	i.endpoint.Arm(faultproxy.Fault{Kind: faultproxy.Delayed(4 * time.Second)})
	r := examine(t, i.env, i.config())
	requireFirst(t, r, broken{name: "credential", result: azure.Warning, says: []string{"endpoint is slow", "set try_timeout: 30s"}})
	require.Equal(t, 1, r.code)
}

func TestFederatedTokenFileMissing(t *testing.T) {
	t.Parallel()
	i := newIdentity(t)
	r := examine(t, append(i.env, "AZURE_FEDERATED_TOKEN_FILE=/nonexistent/token"), i.config())
	requireFirst(t, r, broken{name: "credential", says: []string{"/nonexistent/token", "azure.workload.identity/use"}})
}

// The storage's certificate is one that nothing here trusts.
func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	server, err := tokenServer()
	require.NoError(t, err)
	section := registrytest.Section{
		"accountname": server.Account, "accountkey": server.Key, "container": server.NewContainer(t), "serviceurl": server.URL,
	}
	r := examine(t, nil, healthy(section))
	requireFirst(t, r, broken{name: "connection", says: []string{"authority that is not trusted", "SSL_CERT_FILE"}})
	require.Equal(t, 0, examine(t, []string{"SSL_CERT_FILE=" + server.CACertFile}, healthy(section)).code, "the remedy works")
	section["serviceurl"] = strings.Replace(server.URL, "https", "http", 1)
	require.Equal(t, 2, examine(t, nil, healthy(section)).code)
}
