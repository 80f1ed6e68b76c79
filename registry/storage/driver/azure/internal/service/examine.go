package service

import (
	"context"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// What is asked by somebody who examines an account, or once at start, and never on
// behalf of a client. Each is one request: its answer is the finding, whatever it is.

// ContainerState is what the container says of itself.
type ContainerState struct {
	Immutable bool // a policy keeps blobs from being changed and deleted
	LegalHold bool
	Public    string // "container" or "blob" if anybody may read
}

// AccountState is what the account says of itself.
type AccountState struct {
	Kind, SKU    string // as in "StorageV2" and "Standard_LRS"
	Hierarchical bool
}

// SoftDelete says for how long what was deleted is kept.
type SoftDelete struct {
	On   bool
	Days int
}

// storageScope is what tokens for storage are good for (Entra: "Authorize access to
// blobs using Microsoft Entra ID").
const storageScope = "https://storage.azure.com/.default"

// ask sends one request that is about no blob.
func (c *Client) ask(ctx context.Context, op string, request func(context.Context) error) error {
	ctx, stalls := withStall(ctx, c.settings.TryTimeout)
	defer stalls.end()
	return describe(op, c.settings.Container, stalls.explain(request(ctx)))
}

// ContainerState asks the container.
func (c *Client) ContainerState(ctx context.Context) (s ContainerState, err error) {
	err = c.ask(ctx, "get container properties", func(ctx context.Context) error {
		resp, err := c.container.GetProperties(ctx, nil)
		s = ContainerState{
			Immutable: value(resp.HasImmutabilityPolicy) || value(resp.IsImmutableStorageWithVersioningEnabled),
			LegalHold: value(resp.HasLegalHold),
			Public:    string(value(resp.BlobPublicAccess)),
		}
		return err
	})
	return s, err
}

// AccountState asks the account.
func (c *Client) AccountState(ctx context.Context) (s AccountState, err error) {
	err = c.ask(ctx, "get account information", func(ctx context.Context) error {
		resp, err := c.account.GetAccountInfo(ctx, nil)
		s = AccountState{
			Kind: string(value(resp.AccountKind)), SKU: string(value(resp.SKUName)),
			Hierarchical: value(resp.IsHierarchicalNamespaceEnabled),
		}
		return err
	})
	return s, err
}

// SoftDelete asks the account's blob service.
func (c *Client) SoftDelete(ctx context.Context) (s SoftDelete, err error) {
	err = c.ask(ctx, "get blob service properties", func(ctx context.Context) error {
		resp, err := c.account.GetProperties(ctx, nil)
		if kept := resp.DeleteRetentionPolicy; kept != nil {
			s = SoftDelete{On: value(kept.Enabled), Days: int(value(kept.Days))}
		}
		return err
	})
	return s, err
}

// DelegationKey asks for a key to sign redirects with.
func (c *Client) DelegationKey(ctx context.Context) error {
	now := time.Now().UTC()
	return c.ask(ctx, opUserKey, func(ctx context.Context) error {
		_, err := c.account.GetUserDelegationCredential(ctx, service.KeyInfo{
			Start:  to.Ptr(now.Add(-keyHeadStart).Format(sas.TimeFormat)),
			Expiry: to.Ptr(now.Add(time.Hour).Format(sas.TimeFormat)),
		}, nil)
		return err
	})
}

// CanDelegate reports whether URLs could be signed with such a key.
func (c *Client) CanDelegate() bool {
	d, ok := c.signer.(*delegation)
	return ok && d.signable
}

// Token is an access token for the storage; an empty one with credentials that need none.
func (c *Client) Token(ctx context.Context) (string, error) {
	if c.tokens == nil {
		return "", nil
	}
	token, err := c.tokens.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{storageScope}})
	return token.Token, err
}

// Mentions reports whether the service's answer has a text in it, in which the same code
// means different things.
func (e *CallError) Mentions(text string) bool {
	return e.err != nil && strings.Contains(e.err.Error(), text)
}
