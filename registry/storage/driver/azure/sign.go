package azure

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

const (
	// UDCGracePeriod is how long before its end a user delegation key is
	// replaced.
	UDCGracePeriod = 30.0 * time.Minute
	// UDCExpiryTime is for how long a user delegation key is asked for; the
	// service allows at most seven days.
	UDCExpiryTime = 48.0 * time.Hour

	// redirectExpiry is how long a client may use the URL it was sent to.
	redirectExpiry = 20 * time.Minute
)

// signer makes the shared access signature of a blob.
type signer interface {
	sign(context.Context, *driver, sas.BlobSignatureValues) (sas.QueryParameters, error)
}

// RedirectURL is where a client may read the blob at path directly, for twenty
// minutes. It is empty if the request isn't a read, or if nothing can be signed
// with the credentials at hand; the registry then serves the blob itself.
//
// The signature has no start time, so that a clock that runs ahead of the
// service's doesn't make it invalid (Azure: "Best practices when using SAS").
func (d *driver) RedirectURL(r *http.Request, path string) (string, error) {
	if d.signer == nil || (r.Method != http.MethodGet && r.Method != http.MethodHead) {
		return "", nil
	}
	name := d.names.blobName(path)
	blobURL, err := url.Parse(d.container.NewBlobClient(name).URL())
	if err != nil {
		return "", describe("sign URL of", name, err)
	}
	protocol := sas.ProtocolHTTPS
	if blobURL.Scheme == "http" {
		protocol = sas.ProtocolHTTPSandHTTP
	}
	query, err := d.signer.sign(r.Context(), d, sas.BlobSignatureValues{
		Protocol:      protocol,
		ExpiryTime:    time.Now().UTC().Add(redirectExpiry),
		Permissions:   to.Ptr(sas.BlobPermissions{Read: true}).String(),
		ContainerName: d.containerName,
		BlobName:      name,
	})
	if err != nil {
		return "", err
	}
	if query.Signature() == "" {
		return "", nil
	}
	blobURL.RawQuery = query.Encode()
	return blobURL.String(), nil
}

// sharedKeySigner signs with the account's key, without asking the service.
type sharedKeySigner struct {
	key *azblob.SharedKeyCredential
}

func (s sharedKeySigner) sign(_ context.Context, _ *driver, values sas.BlobSignatureValues) (sas.QueryParameters, error) {
	return values.SignWithSharedKey(s.key)
}

// userDelegationSigner signs with a key that the service gave to the identity
// the registry runs as. Safe for concurrent use.
type userDelegationSigner struct {
	client *service.Client
	// signable is false if the SDK would sign for another account: it takes
	// the account's name from the first label of the host, which is wrong
	// behind a custom domain or an IP address.
	signable bool

	mu     sync.Mutex
	key    *service.UserDelegationCredential
	expiry time.Time
}

func newUserDelegationSigner(client *service.Client, s config.Settings) *userDelegationSigner {
	host, err := url.Parse(s.ServiceURL)
	label := ""
	if err == nil {
		label, _, _ = strings.Cut(host.Host, ".")
	}
	return &userDelegationSigner{client: client, signable: label == s.AccountName}
}

// sign returns no signature, and no error, where it can't sign.
func (s *userDelegationSigner) sign(ctx context.Context, d *driver, values sas.BlobSignatureValues) (sas.QueryParameters, error) {
	if !s.signable {
		return sas.QueryParameters{}, nil
	}
	key, err := s.currentKey(ctx, d)
	if err != nil {
		return sas.QueryParameters{}, err
	}
	return values.SignWithUserDelegation(key)
}

// currentKey is the key in use, or a new one if that ends soon.
func (s *userDelegationSigner) currentKey(ctx context.Context, d *driver) (*service.UserDelegationCredential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now().UTC()
	if s.key != nil && s.expiry.Sub(now) > UDCGracePeriod {
		return s.key, nil
	}
	expiry := now.Add(UDCExpiryTime)
	info := service.KeyInfo{
		Start:  to.Ptr(now.Add(-15 * time.Minute).Format(sas.TimeFormat)),
		Expiry: to.Ptr(expiry.Format(sas.TimeFormat)),
	}
	_, err := d.attempt(ctx, call{op: opUserKey}, func(ctx context.Context) error {
		key, err := s.client.GetUserDelegationCredential(ctx, info, nil)
		if err == nil {
			s.key, s.expiry = key, expiry
		}
		return err
	})
	if err != nil && s.key != nil && s.expiry.Sub(now) > redirectExpiry {
		return s.key, nil // the old one still serves; the next call asks again
	}
	return s.key, err
}
