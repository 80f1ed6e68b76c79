package azure

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// applicationID goes into the User-Agent of every request; the SDK allows 24
// characters.
const applicationID = "distribution-azure"

// PolicyFunc is a policy of the SDK's pipeline without state of its own.
type PolicyFunc func(*policy.Request) (*http.Response, error)

// Do implements policy.Policy.
func (f PolicyFunc) Do(req *policy.Request) (*http.Response, error) { return f(req) }

// connection is the account: how to reach it, and how to sign for it.
type connection struct {
	service *service.Client
	signer  signer
}

// connect makes the one client that the driver has. Nothing is sent yet.
// A nil transport means the network; tests bring their own.
func connect(s config.Settings, transport policy.Transporter) (connection, error) {
	if transport == nil {
		transport = newTransport(s)
	}
	options := clientOptions(s, transport)
	switch s.Credentials {
	case config.SharedKey:
		key, err := azblob.NewSharedKeyCredential(s.AccountName, s.AccountKey)
		if err != nil {
			// The SDK's error repeats a part of the key.
			return connection{}, fmt.Errorf("azure: accountkey of account %q is not base64", s.AccountName)
		}
		client, err := service.NewClientWithSharedKeyCredential(s.ServiceURL, key, options)
		return connection{service: client, signer: sharedKeySigner{key}}, err
	case config.SASToken:
		client, err := service.NewClientWithNoCredential(s.ServiceURL+"?"+s.SAS, options)
		return connection{service: client}, err
	default:
		credential, err := tokenCredential(s)
		if err != nil {
			return connection{}, err
		}
		client, err := service.NewClient(s.ServiceURL, credential, options)
		return connection{service: client, signer: newUserDelegationSigner(client, s)}, err
	}
}

// tokenCredential is a client secret, or whatever the environment offers:
// workload identity, managed identity, the Azure CLI.
func tokenCredential(s config.Settings) (azcore.TokenCredential, error) {
	cloud := azcore.ClientOptions{Cloud: s.Cloud}
	if s.Credentials == config.ClientSecret {
		credential, err := azidentity.NewClientSecretCredential(s.TenantID, s.ClientID, s.Secret,
			&azidentity.ClientSecretCredentialOptions{ClientOptions: cloud})
		if err != nil {
			return nil, fmt.Errorf("azure: client secret credentials: %w", err)
		}
		return credential, nil
	}
	credential, err := azidentity.NewDefaultAzureCredential(
		&azidentity.DefaultAzureCredentialOptions{ClientOptions: cloud})
	if err != nil {
		return nil, fmt.Errorf("azure: default credentials: %w", err)
	}
	return credential, nil
}

func clientOptions(s config.Settings, transport policy.Transporter) *service.ClientOptions {
	return &service.ClientOptions{ClientOptions: azcore.ClientOptions{
		Cloud:           s.Cloud,
		Transport:       transport,
		Telemetry:       policy.TelemetryOptions{ApplicationID: applicationID},
		PerCallPolicies: []policy.Policy{userAgent(s.UserAgent), new(azuriteChecksum)},
		// The driver retries by itself, see attempt.
		Retry: policy.RetryOptions{MaxRetries: -1},
	}}
}

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

// newTransport is the network. Limits that depend on the size of a request are
// not here but in pace; bodies are never decompressed on the way, because a
// layer is stored as it was pushed.
func newTransport(s config.Settings) *http.Client {
	dialer := &net.Dialer{Timeout: s.TryTimeout, KeepAlive: 30 * time.Second}
	return &http.Client{Transport: &http.Transport{
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
	}}
}
