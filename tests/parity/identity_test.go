package parity

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const tokens = "azure-sdk-for-go#19389, #21013; azure-sdk-for-net#20609"

var identityCases = []reported{
	{name: "the token endpoint answers 503 twice", source: tokens, run: pushWithToken(faultproxy.Answer(faultproxy.Reply{Status: 503}), 2)},
	{name: "the token endpoint answers 429 once", source: tokens, run: pushWithToken(faultproxy.Answer(faultproxy.Reply{Status: 429, Header: http.Header{"Retry-After": {"1"}}}), 1)},
	{name: "the token endpoint resets the connection twice", source: tokens, run: pushWithToken(faultproxy.ResetBefore, 2)},
	{name: "the token endpoint takes 12 s", source: tokens, run: pushWithToken(faultproxy.Delayed(12*time.Second), 1)},
	{name: "the token endpoint's text doesn't reach clients", source: "issue 11", run: tokenText},
	{name: "without a right to sign, pulls with redirects are served directly", source: "REST Get User Delegation Key", run: pullWithoutKey(faultproxy.PermissionMismatch, -1)},
	{name: "a delegation key that is refused once: later pulls work", source: "REST Get User Delegation Key", run: pullWithoutKey(faultproxy.PermissionMismatch, 1)},
	{name: "a delegation key that can't be had: pulls work", source: "issue 11", run: pullWithoutKey(faultproxy.InternalErrorBefore, -1)},
	{name: "foreign answers to the request for a delegation key: pulls work", source: gateways, run: pullWithForeignKeys},
	{name: "a delegation key that takes 25 s: pulls work", source: "issue 11", run: pullWithoutKey(faultproxy.Delayed(25*time.Second), -1)},
}

// tokenServer is the one Azurite that takes tokens; it ends with the test binary.
var tokenServer = sync.OnceValues(func() (*azurite.Server, error) {
	return azurite.Start(context.Background(), azurite.Options{HTTPS: true, OAuth: true, InMemory: true})
})

// accountDomain stands for core.windows.net. Nobody has it (RFC 6761). A delegation key is asked for only
// if the account's name is the first part of the host's.
const accountDomain = "storage.test"

// identity is a managed identity whose endpoint stands behind a proxy, and a storage that takes its tokens.
type identity struct {
	tokens *faultproxy.Proxy
	env    []string
	azure  registrytest.Section
}

// withIdentity makes the case's storage one that takes tokens, and a token endpoint as Azure App Service has it.
func (l *lab) withIdentity() *identity {
	server, err := tokenServer()
	require.NoError(l, err)
	l.Storage = registrytest.StorageOn(l.T, server, faultproxy.WithRootCAs(server.CertPool))
	inner, err := url.Parse(l.URL())
	require.NoError(l, err)
	// The SDK sends tokens over TLS only.
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host = inner.Scheme, inner.Host
		r.Out.Host = r.In.Host
	}})
	l.Cleanup(front.Close)
	tunnel := registrytest.Tunnel(l.T, accountDomain, front.URL)
	issuer := httptest.NewServer(http.HandlerFunc(issueToken))
	l.Cleanup(issuer.Close)
	endpoint := faultproxy.ForTest(l.T, issuer.URL)
	return &identity{
		tokens: endpoint,
		env:    []string{"HTTPS_PROXY=" + tunnel, "NO_PROXY=127.0.0.1", "IDENTITY_ENDPOINT=" + endpoint.URL() + "/token", "IDENTITY_HEADER=header"},
		azure: registrytest.Section{
			"accountname": server.Account, "container": l.Container, "realm": accountDomain, "skipverify": true,
			"credentials": registrytest.Section{"type": "default_credentials"},
		},
	}
}

// issueToken answers as the identity endpoint of Azure App Service does.
func issueToken(w http.ResponseWriter, r *http.Request) {
	token, err := azurite.TokenCredential{}.GetToken(r.Context(), policy.TokenRequestOptions{})
	if err != nil {
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

func (l *lab) serveAs(i *identity, redirects bool) *registrytest.Registry {
	return registrytest.Start(l.T, registrytest.Options{Azure: i.azure, Redirects: redirects, Env: i.env})
}

func pushWithToken(kind faultproxy.Kind, times int) func(*lab) {
	return func(l *lab) {
		i := l.withIdentity()
		i.tokens.Arm(faultproxy.Fault{Kind: kind, Times: times})
		r := l.serveAs(i, false)
		image := l.image("identity", kibibyte)
		require.NoError(l, l.push(r, "identity/app:v1", image))
		i.tokens.MustHaveStruck(l.T)
		require.NoError(l, l.pull(r, "identity/app:v1", image))
	}
}

func tokenText(l *lab) {
	i := l.withIdentity()
	const text = "AADSTS700016"
	i.azure["retry_budget"] = "3s"
	i.tokens.Arm(faultproxy.Fault{Kind: faultproxy.Answer(faultproxy.Reply{
		Status: 400, Header: http.Header{"Content-Type": {"application/json"}},
		Body: `{"error":"unauthorized_client","error_description":"` + text + `: Application was not found in the directory"}`,
	}), Times: -1})
	r := l.serveAs(i, false)
	got := l.ask(http.MethodPost, r.URL()+"/v2/identity/app/blobs/uploads/", nil, nil)
	if got.status == http.StatusAccepted { // a driver may wait for the first bytes
		u := &upload{lab: l, registry: r, repository: "identity/app"}
		u.follow(got)
		got = u.patch(bytesOf(registrytest.Random(l.Name(), kibibyte)))
	}
	require.GreaterOrEqual(l, got.status, 400)
	require.NotContains(l, string(got.body), text)
	r.Log.AwaitLine(l.T, text)
}

// pullWithForeignKeys has a registry for each answer: after a failure none asks for a key again at once.
func pullWithForeignKeys(l *lab) {
	i := l.withIdentity()
	content := registrytest.Random(l.Name(), kibibyte)
	require.NoError(l, l.pushLayer(l.serveAs(i, false), "identity/key", content, 1))
	for _, kind := range gatewayAnswers() {
		armed := l.Arm(faultproxy.Fault{Op: faultproxy.Key, Kind: kind, Times: -1})
		r := l.serveAs(i, true)
		got := l.ask(http.MethodGet, r.URL()+"/v2/identity/key/blobs/"+digestOf(content), nil, nil)
		if got.status != http.StatusOK {
			l.Errorf("%v: %d %s", armed, got.status, got.body)
		}
		l.MustHaveStruck(l.T)
		l.Disarm()
	}
}

func pullWithoutKey(kind faultproxy.Kind, times int) func(*lab) {
	return func(l *lab) {
		i := l.withIdentity()
		content := registrytest.Random(l.Name(), kibibyte)
		require.NoError(l, l.pushLayer(l.serveAs(i, false), "identity/key", content, 1))
		armed := l.Arm(faultproxy.Fault{Op: faultproxy.Key, Kind: kind, Times: times})
		r := l.serveAs(i, true)
		for range 3 {
			// The client doesn't know the storage's certificate: what is redirected counts as served.
			got := l.ask(http.MethodGet, r.URL()+"/v2/identity/key/blobs/"+digestOf(content), nil, nil)
			if got.status != http.StatusOK && got.status != http.StatusTemporaryRedirect {
				l.Errorf("%v: %d %s", armed, got.status, got.body)
			}
		}
		require.Positive(l, armed.Struck())
		require.NotContains(l, r.Log.String(), "sig=")
	}
}
