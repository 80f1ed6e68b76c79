package service

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// applicationID goes into the User-Agent of every request; the SDK allows 24
// characters.
const applicationID = "distribution-azure"

// Client is one container of an account. Safe for concurrent use.
type Client struct {
	settings  config.Settings
	budget    budget.Policy
	account   *service.Client
	container *container.Client
	tokens    *tokens // nil without token credentials
	signer    signer  // nil: URLs can't be signed
	uplink    *uplink
	useCRC64  bool
}

// Transports send the requests to the storage, and those for tokens.
type Transports struct{ Storage, Tokens Transporter }

// Network is how a registry with these settings sends.
func Network(s config.Settings) Transports {
	return Transports{Storage: newTransport(s), Tokens: tokenTransport()}
}

// New makes a client. Nothing is sent yet. A nil transport means the network;
// tests bring their own.
func New(s config.Settings, transport Transporter) (*Client, error) {
	through := Network(s)
	if transport != nil {
		through.Storage = transport
	}
	return NewThrough(s, through)
}

// NewThrough is New for one who wants to see what is sent.
func NewThrough(s config.Settings, through Transports) (*Client, error) {
	c := &Client{
		settings: s,
		budget:   budget.Policy{Retries: s.MaxRetries, Time: s.RetryBudget, Delay: s.RetryDelay, MaxDelay: s.MaxRetryDelay},
		uplink:   newUplink(),
		useCRC64: takesCRC64(s.ServiceURL),
	}
	account, err := c.connect(clientOptions(s, through.Storage), through.Tokens)
	if err != nil {
		return nil, err
	}
	c.account, c.container = account, account.NewContainerClient(s.Container)
	return c, nil
}

// connect makes the SDK's client of the account.
func (c *Client) connect(options *service.ClientOptions, tokenTransport Transporter) (*service.Client, error) {
	s := c.settings
	switch s.Credentials {
	case config.SharedKey:
		key, err := azblob.NewSharedKeyCredential(s.AccountName, s.AccountKey)
		if err != nil {
			// The SDK's error repeats a part of the key.
			return nil, fmt.Errorf("azure: accountkey of account %q is not base64", s.AccountName)
		}
		c.signer = sharedKeySigner{key}
		return service.NewClientWithSharedKeyCredential(s.ServiceURL, key, options)
	case config.SASToken:
		return service.NewClientWithNoCredential(s.ServiceURL+"?"+s.SAS, options)
	default:
		credential, err := newCredential(s, tokenTransport)
		if err != nil {
			return nil, err
		}
		c.tokens = &tokens{credential: credential, patience: longPatience * s.TryTimeout}
		account, err := service.NewClient(s.ServiceURL, c.tokens, options)
		if err == nil {
			c.signer = newDelegation(c, account)
		}
		return account, err
	}
}

// Budget is for how long a call without progress goes on.
func (c *Client) Budget() budget.Policy { return c.budget }

// CreateContainer creates the container, and reports whether it wasn't there.
func (c *Client) CreateContainer(ctx context.Context) (created bool, err error) {
	_, err = c.attempt(ctx, call{op: opContainer, blob: c.settings.Container}, func(ctx context.Context, _ *body) error {
		_, err := c.container.Create(ctx, nil)
		return err
	})
	if bloberror.HasCode(err, bloberror.ContainerAlreadyExists) {
		return false, nil
	}
	return err == nil, err
}

func clientOptions(s config.Settings, transport policy.Transporter) *service.ClientOptions {
	return &service.ClientOptions{ClientOptions: azcore.ClientOptions{
		Cloud:           s.Cloud,
		Transport:       transport,
		Telemetry:       policy.TelemetryOptions{ApplicationID: applicationID},
		PerCallPolicies: append(debugPolicies(s.DebugLog), userAgent(s.UserAgent), tellOfVersions(), PolicyFunc(onlyGenuine)),
		// This package retries by itself, see Client.retry.
		Retry: policy.RetryOptions{MaxRetries: -1},
	}}
}

// Transporter sends requests; the network is one.
type Transporter = policy.Transporter

// PolicyFunc is a policy of the SDK's pipeline without state of its own.
type PolicyFunc func(*policy.Request) (*http.Response, error)

// Do implements policy.Policy.
func (f PolicyFunc) Do(req *policy.Request) (*http.Response, error) { return f(req) }

// userAgent puts the registry's own name in front of the SDK's.
func userAgent(registry string) PolicyFunc {
	return func(req *policy.Request) (*http.Response, error) {
		if registry != "" {
			header := req.Raw().Header
			header.Set("User-Agent", registry+" "+header.Get("User-Agent"))
		}
		return req.Next()
	}
}

// newTransport is the network. Limits that depend on the request are not here
// but in patience; bodies are never decompressed on the way, because a layer is
// stored as it was pushed; and the service doesn't redirect, so that whoever
// does is somebody else.
func newTransport(s config.Settings) *http.Client {
	dialer := &net.Dialer{Timeout: s.TryTimeout, KeepAlive: 30 * time.Second}
	transport := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSHandshakeTimeout:   s.TryTimeout,
		TLSClientConfig:       &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: s.SkipVerify}, //nolint:gosec // asked for by the skipverify setting
		ExpectContinueTimeout: time.Second,
		MaxIdleConns:          0,
		MaxIdleConnsPerHost:   256,
		IdleConnTimeout:       90 * time.Second,
		DisableCompression:    true,
		ReadBufferSize:        64 << 10,
		WriteBufferSize:       64 << 10,
	}
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// takesCRC64 reports whether the service at this URL verifies a block's CRC64.
// Azure does, and it is much the cheaper checksum. Azurite ignores it and
// verifies a Content-MD5; it is told by what only it has: the account in the
// URL's path, no TLS, or a name below localhost (Azure: "Use the Azurite emulator").
func takesCRC64(serviceURL string) bool {
	u, err := url.Parse(serviceURL)
	return err == nil && u.Scheme == "https" && strings.Trim(u.Path, "/") == "" &&
		!strings.HasSuffix(u.Hostname(), "localhost")
}
