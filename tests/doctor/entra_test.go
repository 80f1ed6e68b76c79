package doctor

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// entra stands for login.microsoftonline.com, the name that the SDK asks by itself.
const entra = "login.microsoftonline.com"

// cloud is a storage and an identity provider under their usual names, with certificates
// for these, behind a proxy for CONNECT that leads to them.
type cloud struct {
	*registrytest.Storage
	refusal string // what the identity provider says instead of a token
	env     []string
	section registrytest.Section
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	server, err := tokenServer()
	require.NoError(t, err)
	s := registrytest.StorageOn(t, server, faultproxy.WithRootCAs(server.CertPool))
	c := &cloud{Storage: s}
	storage := front(t, s.URL(), nil)
	host := server.Account + ".blob." + domain
	tlsServer := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == entra {
			c.serveEntra(w, r)
			return
		}
		storage.ServeHTTP(w, r)
	}))
	certificate, file := certificateFor(t, entra, host)
	tlsServer.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	tlsServer.StartTLS()
	t.Cleanup(tlsServer.Close)
	c.env = []string{"HTTPS_PROXY=" + registrytest.Tunnel(t, "", tlsServer.URL), "SSL_CERT_FILE=" + file}
	c.section = registrytest.Section{"accountname": server.Account, "container": s.Container, "realm": domain}
	return c
}

// serveEntra answers as Entra does to those who sign in with a secret or an assertion
// (Entra: "OAuth 2.0 client credentials flow").
func (c *cloud) serveEntra(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	at := "https://" + entra + "/the-tenant/"
	var answer any
	switch {
	case strings.HasSuffix(r.URL.Path, "/discovery/instance"):
		answer = map[string]any{
			"tenant_discovery_endpoint": at + "v2.0/.well-known/openid-configuration", "api-version": "1.1",
			"metadata": []map[string]any{{"preferred_network": entra, "preferred_cache": entra, "aliases": []string{entra}}},
		}
	case strings.HasSuffix(r.URL.Path, "/openid-configuration"):
		answer = map[string]any{
			"token_endpoint": at + "oauth2/v2.0/token", "authorization_endpoint": at + "oauth2/v2.0/authorize", "issuer": at + "v2.0",
		}
	case c.refusal != "":
		_ = r.ParseForm()
		w.WriteHeader(http.StatusUnauthorized)
		answer = map[string]any{ // and repeats what was sent, which Entra doesn't
			"error": "invalid_client", "error_description": c.refusal + ": refused: " + r.Form.Encode(),
		}
	default:
		writeToken(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone is no matter
}

// certificateFor makes a certificate for some hosts, and a file that makes it trusted.
func certificateFor(t *testing.T, hosts ...string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: hosts, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "authority.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600))
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, file
}

const clientSecret = "the~client.secret"

func (c *cloud) principal() registrytest.Section {
	return c.section.With(registrytest.Section{"credentials": registrytest.Section{
		"type": "client_secret", "tenantid": "the-tenant", "clientid": "the-client", "secret": clientSecret,
	}})
}

func (c *cloud) workload(t *testing.T) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(assertion), 0o600))
	return append(c.env, "AZURE_FEDERATED_TOKEN_FILE="+file, "AZURE_CLIENT_ID=the-client", "AZURE_TENANT_ID=the-tenant")
}

const assertion = "the-service-accounts-token"

// A service principal, and workload identity, with redirects that are signed with a key of
// the service's: all is well, and each is named.
func TestPrincipalAndWorkloadIdentity(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	r := examine(t, c.env, healthy(c.principal()))
	require.Equal(t, 0, r.code)
	require.Contains(t, r.row(t, "credential").Found, "service principal")
	require.Contains(t, r.row(t, "redirect").Found, "clients are sent to "+c.Server.Account+".blob."+domain)
	require.Contains(t, r.row(t, "proxy").Found, "go through the proxy")

	r = examine(t, c.workload(t), healthy(c.section))
	require.Equal(t, 0, r.code)
	require.Contains(t, r.row(t, "credential").Found, "workload identity")
	require.Empty(t, c.Names(t))
}

func TestEntraRefuses(t *testing.T) {
	t.Parallel()
	for code, says := range map[string]string{
		"AADSTS7000215": "az ad app credential reset --id the-client",
		"AADSTS7000222": "has ended",
		"AADSTS700016":  "no such application",
		"AADSTS90002":   "credentials.tenantid",
		"AADSTS99999":   "list of error codes",
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.refusal = code
			requireFirst(t, examine(t, c.env, healthy(c.principal())), broken{name: "credential", says: []string{code, says}})
		})
	}
	c := newCloud(t)
	c.refusal = "AADSTS70021"
	requireFirst(t, examine(t, c.workload(t), healthy(c.section)), broken{name: "credential", says: []string{"federated-credential create"}})
}

// No output holds a secret, whatever the credential, when all is well and when it is
// refused by somebody who repeats what was sent.
func TestNoSecretIsShown(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	s := registrytest.NewStorage(t)
	sas := signature(t, s, nil)
	i := newIdentity(t)
	secrets := []string{c.Server.Key, wrongKey, clientSecret, assertion, headerSecret, secretOf(t, sas), "sig=", "eyJ", "the same for all replicas"}
	for name, set := range map[string]struct {
		env     []string
		section registrytest.Section
	}{
		"key":                       {nil, s.Azure(nil)},
		"wrong key":                 {nil, s.Azure(registrytest.Section{"accountkey": wrongKey})},
		"connection string":         {nil, registrytest.Section{"container": s.Container, "connectionstring": s.Server.ConnectionString()}},
		"signature":                 {nil, signed(s, sas)},
		"signature in URL":          {nil, s.Azure(registrytest.Section{"serviceurl": s.URL() + "?" + sas})},
		"key for a name":            {nil, s.Azure(registrytest.Section{"accountname": s.Server.Key})},
		"signature for a container": {nil, s.Azure(registrytest.Section{"container": "https://h/c?" + sas})},
		"principal":                 {c.env, c.principal()},
		"workload":                  {c.workload(t), c.section},
		"managed identity":          {i.env, i.section},
		"debug log":                 {c.env, c.principal().With(registrytest.Section{"debug_log": true})},
		"environment":               {append(c.env, "REGISTRY_STORAGE_AZURE_CREDENTIALS_SECRET="+clientSecret), c.principal()},
	} {
		for _, format := range []string{"table", "json"} {
			for _, refusal := range []string{"", "AADSTS7000215"} {
				if refusal != "" && set.env == nil {
					continue
				}
				c.refusal = refusal
				r := run(t, set.env, "--format", format, registrytest.WriteConfig(t, healthy(set.section)))
				for _, secret := range secrets {
					require.NotContains(t, r.stdout+r.stderr, secret, fmt.Sprintf("%s, as %s", name, format))
				}
			}
		}
	}
}
