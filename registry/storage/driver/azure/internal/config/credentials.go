package config

import (
	"cmp"
	"slices"
	"strings"
)

// CredentialsKind is how requests are authenticated.
type CredentialsKind int

const (
	// SharedKey signs with Settings.AccountName and AccountKey.
	SharedKey CredentialsKind = iota + 1
	// ClientSecret gets tokens with Settings.TenantID, ClientID and Secret.
	ClientSecret
	// AmbientIdentity gets tokens with what the surroundings offer: the identity that
	// Settings.ClientID and TenantID select, where they are given.
	AmbientIdentity
	// SASToken puts Settings.SAS into every URL; it comes from a connection string.
	SASToken
)

// String names the kind as an operator would.
func (k CredentialsKind) String() string {
	names := map[CredentialsKind]string{ //nolint:gosec // what kinds are called
		SharedKey: "the account key", ClientSecret: "the service principal",
		AmbientIdentity: "the default credentials", SASToken: "the shared access signature",
	}
	return cmp.Or(names[k], "no credentials")
}

// tokens reports whether the type is one of those that get tokens.
func (c Credentials) tokens() bool {
	return c.Type == CredentialsTypeClientSecret || c.Type == CredentialsTypeDefault || c.Type == credentialsTypeDefaultAlias
}

// kind decides which credentials to use. An explicit type wins over others that are there as
// well: upstream does so, and its documentation calls the account key required, so that people
// who use tokens have one in their configuration.
func (p *Parameters) kind(cs connectionString, found *findings) CredentialsKind {
	switch p.Credentials.Type {
	case "":
		return p.impliedKind(cs, found)
	case CredentialsTypeSharedKey:
		kind := p.impliedKind(cs, found)
		if kind != SharedKey && kind != 0 {
			found.warn("credentials.type", "is %s, but there is no accountkey: %s will be used instead", CredentialsTypeSharedKey, kind)
		}
		return kind
	case CredentialsTypeClientSecret:
		p.checkClientSecret(found)
		return ClientSecret
	case CredentialsTypeDefault, credentialsTypeDefaultAlias:
		return AmbientIdentity
	default:
		found.reject("credentials.type", "%q is not one of %s, %s, %s", string(p.Credentials.Type),
			CredentialsTypeClientSecret, CredentialsTypeSharedKey, CredentialsTypeDefault)
		return 0
	}
}

// impliedKind decides by what is given when no type is.
func (p *Parameters) impliedKind(cs connectionString, found *findings) CredentialsKind {
	switch {
	case p.AccountKey != "" || cs.accountKey != "":
		return SharedKey
	case cs.sas != "":
		return SASToken
	case p.Credentials.Secret != "" && p.Credentials.Type == "":
		p.checkClientSecret(found)
		return ClientSecret
	case p.ConnectionString != "" && p.Credentials.Type == "":
		found.reject("connectionstring", "has neither AccountKey nor SharedAccessSignature (set credentials.type if it is meant to give the endpoint only)")
		return 0
	default:
		return AmbientIdentity
	}
}

// checkClientSecret says what a service principal lacks.
func (p *Parameters) checkClientSecret(found *findings) {
	var missing []string
	for _, field := range []struct{ key, value string }{
		{"credentials.clientid", p.Credentials.ClientID},
		{"credentials.tenantid", p.Credentials.TenantID},
		{"credentials.secret", p.Credentials.Secret},
	} {
		if field.value == "" {
			missing = append(missing, field.key)
		}
	}
	if len(missing) > 0 {
		found.reject(strings.Join(missing, ", "), "%w (a service principal needs it)", errMissing)
	}
}

// dropUnused says which credentials are given and not used, and drops them. With a secret, a
// client id is a service principal's and no identity's of the surroundings.
func (s *Settings) dropUnused(found *findings) {
	key, sas := s.Credentials == SharedKey, s.Credentials == SASToken
	principal := s.Credentials == ClientSecret
	selects := principal || s.Credentials == AmbientIdentity && s.Secret == ""
	for _, given := range []struct {
		key   string
		value *string
		used  bool
	}{
		{"accountkey", &s.AccountKey, key},
		{"connectionstring", &s.SAS, sas},
		{"credentials.clientid", &s.ClientID, selects},
		{"credentials.tenantid", &s.TenantID, selects},
		{"credentials.secret", &s.Secret, principal},
	} {
		if *given.value != "" && !given.used && s.Credentials != 0 {
			found.warn(given.key, "not used: requests are authenticated with %s", s.Credentials)
			*given.value = ""
		}
	}
}

// warnEmpty says what takes the place of credentials that are there but empty, as a variable
// that was never filled leaves them.
func (a asides) warnEmpty(used CredentialsKind, found *findings) {
	for _, key := range []string{"accountkey", "connectionstring", "credentials.secret"} {
		if slices.Contains(a.empty, key) && used != 0 {
			found.warn(key, "set but empty: requests are authenticated with %s", used)
		}
	}
}
