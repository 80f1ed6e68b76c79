package doctor

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// slowToken is from when on an identity endpoint is slow.
const slowToken = 3 * time.Second

// checkCredential gets what requests are authenticated with.
func (x *examination) checkCredential(ctx context.Context) Row {
	switch x.settings.Credentials {
	case config.SharedKey:
		return ok("a key of the account " + x.accountName())
	case config.SASToken:
		return x.checkSignature()
	}
	if file := os.Getenv("AZURE_FEDERATED_TOKEN_FILE"); file != "" && x.settings.Credentials == config.AmbientIdentity {
		if _, err := os.ReadFile(file); err != nil { //nolint:gosec // the file that the SDK reads
			return failed("AZURE_FEDERATED_TOKEN_FILE names "+file+", which can't be read",
				"workload identity has no token of the service account: the webhook did not mount it, or the variable is a leftover",
				`label the pod azure.workload.identity/use: "true" (or unset AZURE_FEDERATED_TOKEN_FILE)`)
		}
	}
	began := time.Now()
	token, err := x.client.Token(ctx)
	took := time.Since(began)
	if err != nil {
		return x.noToken(err, took)
	}
	x.identity = readClaims(token)
	found := fmt.Sprintf("%s; %s; token in %s", x.source(), x.identity, brief(took))
	if took >= slowToken {
		return warning(found, "the identity endpoint is slow: the first request after a start waits for it", "set try_timeout: 30s (a token is waited for six times as long), and look at the endpoint")
	}
	return ok(found)
}

// source says who gave the token.
func (x *examination) source() string {
	e, asked := x.tokens.last()
	switch {
	case x.settings.Credentials == config.ClientSecret:
		return "service principal"
	case !asked:
		return "login of the Azure CLI"
	case !isIdentityProvider(&e.url):
		return "managed identity, from " + e.url.Host
	case os.Getenv("AZURE_CLIENT_SECRET") != "", os.Getenv("AZURE_CLIENT_CERTIFICATE_PATH") != "":
		return "service principal of the environment"
	}
	return "workload identity"
}

// isIdentityProvider tells Entra from the endpoint of a machine.
func isIdentityProvider(u *url.URL) bool {
	return strings.Contains(u.Path, "/oauth2/v2.0/") || strings.Contains(u.Path, "/.well-known/") || strings.Contains(u.Path, "/discovery/")
}
