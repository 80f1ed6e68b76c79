package doctor

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

var entraCode = regexp.MustCompile(`AADSTS\d+`)

// entraMeans is what Entra's codes say, and what to do (Entra: "Microsoft Entra
// authentication and authorization error codes").
var entraMeans = map[string][2]string{
	"AADSTS7000215": {"the secret is not the application's", "az ad app credential reset --id CLIENTID, and set credentials.secret to the password that it prints"},
	"AADSTS7000222": {"the application's secret has ended", "az ad app credential reset --id CLIENTID, and set credentials.secret to the password that it prints"},
	"AADSTS700016":  {"there is no such application in the tenant", "correct credentials.clientid or credentials.tenantid: az ad app show --id CLIENTID"},
	"AADSTS90002":   {"there is no such tenant", "correct credentials.tenantid: az account show --query tenantId"},
	"AADSTS900023":  {"there is no such tenant", "correct credentials.tenantid: az account show --query tenantId"},
	"AADSTS70021":   {"no federated credential of the identity fits this service account", "az identity federated-credential create with --subject system:serviceaccount:NAMESPACE:SERVICEACCOUNT and the cluster's issuer"},
	"AADSTS700211":  {"no federated credential of the identity fits this cluster's issuer", "az identity federated-credential create with the cluster's --issuer"},
	"AADSTS700213":  {"no federated credential of the identity fits this service account", "az identity federated-credential create with --subject system:serviceaccount:NAMESPACE:SERVICEACCOUNT"},
	"AADSTS700024":  {"the token of the service account has ended", "set the clock (timedatectl set-ntp true), or restart the pod"},
}

// noToken says why there is no token. The answer's text isn't repeated: it may hold what
// was sent.
func (x *examination) noToken(err error, took time.Duration) Row {
	text := err.Error()
	for wrapped := err; wrapped != nil; {
		text += wrapped.Error()
		u, is := wrapped.(interface{ Unwrap() error }) //nolint:errorlint // each of the chain is looked at
		if !is {
			break
		}
		wrapped = u.Unwrap()
	}
	if code := entraCode.FindString(text); code != "" {
		means, known := entraMeans[code]
		if !known {
			means = [2]string{"the identity provider refuses", "look " + code + " up in Entra's list of error codes, and correct credentials"}
		}
		return failed("the identity provider says "+code, means[0], strings.ReplaceAll(means[1], "CLIENTID", orElse(x.settings.ClientID, "CLIENTID")))
	}
	e, asked := x.answered()
	switch {
	case !asked:
		return x.nobodyAsked()
	case proxyFor(&e.url) != nil && !isLinkLocal(&e.url) && (e.status == 0 || !strings.HasPrefix(e.header.Get("Content-Type"), "application/json")):
		return failed(fmt.Sprintf("%s was asked for a token through the proxy %s: %s", e.url.Host, proxyFor(&e.url).Host, e.outcome()),
			"the proxy does not lead to the identity endpoint", "set NO_PROXY="+e.url.Hostname()+" (in addition to what is in it), or have the proxy let it through")
	}
	return x.tokenRefused(e, text, took)
}

// tokenRefused explains the answer of an identity endpoint.
func (x *examination) tokenRefused(e exchange, text string, took time.Duration) Row {
	found := fmt.Sprintf("the token endpoint %s: %s", e.url.Host, e.outcome())
	named := x.settings.ClientID
	switch {
	case e.status == http.StatusBadRequest && named != "":
		return failed(found, "the identity "+named+" is not one of this machine's", "correct credentials.clientid (az identity show --query clientId), or assign it: az vm identity assign --identities ID")
	case e.status == http.StatusBadRequest, strings.Contains(text, "Multiple user assigned"):
		return failed(found, "this machine has several identities, or none of its own, and none is named", "set credentials.clientid to the client id of the one with the roles: az identity list --query [].clientId")
	case e.status == http.StatusUnauthorized, e.status == http.StatusForbidden:
		return failed(found, "the endpoint does not give this process a token", "look at what stands before it (a network policy, a pod identity, IDENTITY_HEADER)")
	case e.status == http.StatusNotFound:
		return failed(found, "there is no identity endpoint, or no identity", "assign an identity (az vm identity assign), or give other credentials")
	case e.status == http.StatusTooManyRequests, e.status >= http.StatusInternalServerError:
		return failed(found, "the identity endpoint is busy or down; the registry asks again with each request", "wait and run doctor again; restart the endpoint (on AKS: the node's) if it stays so")
	case e.status == http.StatusOK:
		return failed(found, "what it answers is no token", "look at what stands before the endpoint")
	case strings.Contains(text, "managed identity timed out"):
		return failed(found+" (a first request is given a second)", "no managed identity here, or its endpoint is slow",
			"set credentials.clientid to the identity's client id (its endpoint is then waited for), or give other credentials")
	}
	if e.err != nil && !isTimeout(e.err) && !isIdentityProvider(&e.url) {
		return failed(found, "nothing answers there: this machine has no managed identity, or its endpoint is down",
			"set accountkey, connectionstring or credentials, or run where the identity is")
	}
	return failed(fmt.Sprintf("%s after %s", found, brief(took)), "the identity endpoint can't be reached, or is too slow",
		"set try_timeout: 30s (a token is waited for six times as long), and look at what stands before "+e.url.Host)
}

// nobodyAsked is for credentials of which none could even be tried.
func (x *examination) nobodyAsked() Row {
	if x.settings.Credentials == config.ClientSecret {
		return failed("the service principal could not be used", "tenant, client id or secret are none", "correct credentials.tenantid, .clientid and .secret")
	}
	return failed("nothing here gives a token", "there is no workload identity, no managed identity and no login of the Azure CLI",
		"set accountkey, connectionstring or credentials, or run where the identity is")
}

// answered is the last exchange with an identity endpoint that got an answer, or else the
// last one. The answer to the SDK's first, incomplete request, by which it finds out
// whether there is an endpoint, is 400 and says nothing.
func (x *examination) answered() (exchange, bool) {
	all := x.tokens.since(0)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].status != 0 && (all[i].status != http.StatusBadRequest || i == len(all)-1) {
			return all[i], true
		}
	}
	return x.tokens.last()
}

// outcome is what came back.
func (e exchange) outcome() string {
	if e.status == 0 {
		return reason(e.err)
	}
	return fmt.Sprint(e.status)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
