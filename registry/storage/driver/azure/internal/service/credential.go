package service

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// TokenError tells that no access token could be had. The request that needed
// it wasn't sent, so that trying again is always safe.
//
// The zero value is one without a cause.
type TokenError struct {
	err error
}

// entraCode is the part of Entra's answer that says what is wrong
// (Entra: "Microsoft Entra authentication and authorization error codes").
var entraCode = regexp.MustCompile(`AADSTS\d+`)

// Error names Entra's code. Its own text isn't repeated: it runs over many
// lines, names tenant and application, and would reach clients of the registry.
func (e *TokenError) Error() string {
	if e.err == nil {
		return "no access token"
	}
	if code := entraCode.FindString(e.err.Error()); code != "" {
		return "no access token: the identity provider says " + code
	}
	var answer *azidentity.AuthenticationFailedError
	switch {
	case errors.As(e.err, &answer) && answer.RawResponse != nil:
		return fmt.Sprintf("no access token: the token endpoint answers %d", answer.RawResponse.StatusCode)
	case errors.Is(e.err, context.DeadlineExceeded):
		return "no access token: the token endpoint did not answer in time"
	default:
		return "no access token"
	}
}

// Unwrap gives the credential's own error, for logs.
func (e *TokenError) Unwrap() error { return e.err }

// newCredential is a client secret, or whatever the environment offers:
// workload identity, managed identity, the Azure CLI.
func newCredential(s config.Settings, transport Transporter) (azcore.TokenCredential, error) {
	options := azcore.ClientOptions{Cloud: s.Cloud, Transport: transport, PerCallPolicies: debugPolicies(s.DebugLog)}
	if s.Credentials == config.ClientSecret {
		credential, err := azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, s.Secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: options})
		return orError(credential, "client secret credentials", err)
	}
	if s.ClientID != "" {
		credential, err := namedIdentity(s, options)
		return orError(credential, "default credentials", err)
	}
	credential, err := azidentity.NewDefaultAzureCredential(
		&azidentity.DefaultAzureCredentialOptions{ClientOptions: options, TenantID: s.TenantID})
	return orError(credential, "default credentials", err)
}

func orError[T azcore.TokenCredential](credential T, what string, err error) (azcore.TokenCredential, error) {
	if err != nil {
		return nil, fmt.Errorf("azure: %s: %w", what, err)
	}
	return credential, nil
}

// namedIdentity is one of several that a machine may have. The SDK's default
// chain learns which from the environment only.
func namedIdentity(s config.Settings, options azcore.ClientOptions) (*azidentity.ChainedTokenCredential, error) {
	var chain []azcore.TokenCredential
	if environment, err := azidentity.NewEnvironmentCredential(
		&azidentity.EnvironmentCredentialOptions{ClientOptions: options}); err == nil {
		chain = append(chain, environment)
	}
	if workload, err := azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: options, ClientID: s.ClientID, TenantID: s.TenantID,
	}); err == nil {
		chain = append(chain, workload)
	}
	managed, err := azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
		ClientOptions: options, ID: azidentity.ClientID(s.ClientID),
	})
	if err != nil {
		return nil, err
	}
	return azidentity.NewChainedTokenCredential(append(chain, managed), nil)
}

// tokenTransport reaches the token endpoint. That of a managed identity has a
// link-local address, which is never behind a proxy.
func tokenTransport() *http.Client {
	return &http.Client{Transport: &http.Transport{
		Proxy: func(req *http.Request) (*url.URL, error) {
			if ip, err := netip.ParseAddr(req.URL.Hostname()); err == nil && ip.IsLinkLocalUnicast() {
				return nil, nil
			}
			return http.ProxyFromEnvironment(req)
		},
		IdleConnTimeout: 90 * time.Second,
	}}
}

// renewBefore is how long before its end a token is replaced, in the background
// while the old one serves.
const renewBefore = 5 * time.Minute

// tokens keeps an access token. One request for a new one is under way at a
// time, whoever waits for it, and it has its own patience: an identity endpoint
// may take longer than a request to storage should. Safe for concurrent use.
type tokens struct {
	credential azcore.TokenCredential
	patience   time.Duration

	mu     sync.Mutex
	scopes []string // of the token; empty until the SDK named them
	token  azcore.AccessToken
	flight *flight
}

// flight is one request for a token.
type flight struct {
	done  chan struct{} // closed when token and err are set
	token azcore.AccessToken
	err   error
}

// ready waits until there is a token, so that the time that takes isn't taken
// from the request which needs it.
func (t *tokens) ready(ctx context.Context) error {
	t.mu.Lock()
	scopes := t.scopes
	t.mu.Unlock()
	if scopes == nil {
		return nil // the first request names them
	}
	_, err := t.GetToken(ctx, policy.TokenRequestOptions{Scopes: scopes})
	return err
}

// GetToken implements azcore.TokenCredential.
func (t *tokens) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	t.mu.Lock()
	t.scopes = options.Scopes
	left := time.Until(t.token.ExpiresOn)
	if options.Claims != "" {
		left = 0 // the service wants another one
	}
	if left < renewBefore && t.flight == nil {
		t.flight = &flight{done: make(chan struct{})}
		go t.fetch(context.WithoutCancel(ctx), t.flight, options)
	}
	token, flight := t.token, t.flight
	t.mu.Unlock()
	if left > 0 {
		return token, nil
	}
	select {
	case <-flight.done:
		return flight.token, flight.err
	case <-ctx.Done():
		return azcore.AccessToken{}, &TokenError{context.Cause(ctx)}
	}
}

// fetch asks for a token, for as long as patience allows.
func (t *tokens) fetch(ctx context.Context, f *flight, options policy.TokenRequestOptions) {
	ctx, cancel := context.WithTimeout(ctx, t.patience)
	defer cancel()
	token, err := t.credential.GetToken(ctx, options)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err == nil {
		t.token, f.token = token, token
	} else {
		f.err = &TokenError{err}
		Logger(ctx).WithError(err).Warn("no access token could be had")
	}
	t.flight = nil
	close(f.done)
}
