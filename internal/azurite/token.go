package azurite

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// tokenLifetime is that of every token; the SDK caches a token for as long.
const tokenLifetime = time.Hour

// TokenCredential stands in for Microsoft Entra ID: it makes bearer tokens that
// a server with [Options.OAuth] accepts. They are not signed.
type TokenCredential struct{}

var _ azcore.TokenCredential = TokenCredential{}

// GetToken returns a token for storage, whatever is asked for. It never fails.
func (TokenCredential) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	now := time.Now()
	expires := now.Add(tokenLifetime)
	claims := fmt.Sprintf(`{"aud":"https://storage.azure.com","iss":"https://sts.windows.net/test/","oid":"object","tid":"tenant","iat":%d,"nbf":%d,"exp":%d}`,
		now.Unix(), now.Add(-time.Minute).Unix(), expires.Unix())
	encode := base64.RawURLEncoding.EncodeToString
	token := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode([]byte(claims)) + "." + encode([]byte("unsigned"))
	return azcore.AccessToken{Token: token, ExpiresOn: expires}, nil
}
