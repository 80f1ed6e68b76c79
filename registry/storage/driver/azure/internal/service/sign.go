package service

import (
	"context"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

const (
	// KeyRenewal is how long before its end a user delegation key is replaced.
	KeyRenewal = 30 * time.Minute
	// KeyLife is for how long a user delegation key is asked for; the service
	// allows at most seven days.
	KeyLife = 48 * time.Hour

	// keyHeadStart is how long before now a key is good, for clocks that run ahead.
	keyHeadStart = 15 * time.Minute

	// keyPause is how long no key is asked for after one could not be had.
	keyPause = time.Minute
)

// signer makes the shared access signature of a blob. It gives no signature, and
// no error, where it can't sign.
type signer interface {
	sign(context.Context, sas.BlobSignatureValues) (sas.QueryParameters, error)
}

// SignedURL is where anybody may read the blob without credentials, for as long
// as redirect_expiry. It is empty if nothing can be signed.
//
// The signature has no start time, so that a clock that runs ahead of the
// service's doesn't make it invalid (Azure: "Best practices when using SAS").
func (c *Client) SignedURL(ctx context.Context, name string) (string, error) {
	if c.signer == nil {
		return "", nil
	}
	u, err := url.Parse(c.container.NewBlobClient(name).URL())
	if err != nil {
		return "", describe("sign URL of", name, err)
	}
	protocol := sas.ProtocolHTTPS
	if u.Scheme == "http" {
		protocol = sas.ProtocolHTTPSandHTTP
	}
	query, err := c.signer.sign(ctx, sas.BlobSignatureValues{
		Protocol:      protocol,
		ExpiryTime:    time.Now().UTC().Add(c.settings.RedirectExpiry),
		Permissions:   to.Ptr(sas.BlobPermissions{Read: true}).String(),
		ContainerName: c.settings.Container,
		BlobName:      name,
	})
	if err != nil {
		return "", describe("sign URL of", name, err)
	}
	if query.Signature() == "" {
		return "", nil
	}
	u.RawPath = "" // the SDK writes the slashes in a name as %2F, which caches and firewalls dislike
	u.RawQuery = query.Encode()
	if endpoint, err := url.Parse(c.settings.RedirectEndpoint); err == nil && endpoint.Host != "" {
		account, _ := url.Parse(c.settings.ServiceURL)
		u.Scheme, u.Host = endpoint.Scheme, endpoint.Host
		u.Path = strings.TrimSuffix(endpoint.Path, "/") + strings.TrimPrefix(u.Path, strings.TrimSuffix(account.Path, "/"))
	}
	return u.String(), nil
}

// sharedKeySigner signs with the account's key, without asking the service.
type sharedKeySigner struct{ key *azblob.SharedKeyCredential }

func (s sharedKeySigner) sign(_ context.Context, values sas.BlobSignatureValues) (sas.QueryParameters, error) {
	return values.SignWithSharedKey(s.key)
}

// delegation signs with a key that the service gave to the identity the registry
// runs as. One request for a key is under way at a time. While a key serves
// nobody waits for the next one, and if none can be had nobody waits for the next
// attempt: the registry then serves blobs itself. Safe for concurrent use.
type delegation struct {
	c       *Client
	account *service.Client
	// signable is false if the SDK would sign for another account: it takes
	// the account's name from the first label of the host, which is wrong
	// behind a custom domain or an IP address.
	signable bool

	mu      sync.Mutex
	key     *service.UserDelegationCredential
	expiry  time.Time     // of the key
	renewal chan struct{} // closed when the request under way has ended; nil: none is
	waiting time.Time     // until when that is waited for
	paused  time.Time     // until when no key is asked for
	told    bool          // that there is no key
}

func newDelegation(c *Client, account *service.Client) *delegation {
	host, err := url.Parse(c.settings.ServiceURL)
	label := ""
	if err == nil {
		label, _, _ = strings.Cut(host.Host, ".")
	}
	return &delegation{c: c, account: account, signable: label == c.settings.AccountName}
}

func (s *delegation) sign(ctx context.Context, values sas.BlobSignatureValues) (sas.QueryParameters, error) {
	if !s.signable {
		return sas.QueryParameters{}, nil
	}
	key := s.current(ctx)
	if key == nil {
		return sas.QueryParameters{}, nil
	}
	return values.SignWithUserDelegation(key)
}

// current is the key in use, nil if there is none. It waits for the first one
// only, and not once that was asked for longer ago than a request may take.
func (s *delegation) current(ctx context.Context) *service.UserDelegationCredential {
	s.mu.Lock()
	now := time.Now()
	if s.expiry.Sub(now) < KeyRenewal && s.renewal == nil && now.After(s.paused) {
		s.renewal, s.waiting = make(chan struct{}), now.Add(s.c.settings.TryTimeout)
		go s.renew(context.WithoutCancel(ctx), s.renewal)
	}
	renewal, patience := s.renewal, s.waiting.Sub(now)
	s.mu.Unlock()

	if key := s.serving(); key != nil || renewal == nil {
		return key
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-renewal:
	case <-timer.C:
	case <-ctx.Done():
	}
	return s.serving()
}

// serving is the key, if a signature by it outlives what is signed now.
func (s *delegation) serving() *service.UserDelegationCredential {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Until(s.expiry) <= s.c.settings.RedirectExpiry {
		return nil
	}
	return s.key
}

// renew asks for a key, for as long as the retry budget allows.
func (s *delegation) renew(ctx context.Context, done chan struct{}) {
	now := time.Now().UTC()
	expiry := now.Add(KeyLife)
	info := service.KeyInfo{
		Start:  to.Ptr(now.Add(-keyHeadStart).Format(sas.TimeFormat)),
		Expiry: to.Ptr(expiry.Format(sas.TimeFormat)),
	}
	var key *service.UserDelegationCredential
	_, err := s.c.attempt(ctx, call{op: opUserKey}, func(ctx context.Context, _ *body) (err error) {
		key, err = s.account.GetUserDelegationCredential(ctx, info, nil)
		return err
	})

	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.key, s.expiry, s.told = key, expiry, false
	} else {
		s.paused = time.Now().Add(keyPause)
		if !s.told {
			s.told = true
			Logger(ctx).WithError(err).Warn("no user delegation key could be had: blobs are served by the registry itself, not by redirects")
		}
	}
	s.renewal = nil
	close(done)
}
