package config

import "strings"

// CredentialsKind is how requests are authenticated.
type CredentialsKind int

const (
	// SharedKey signs with Settings.AccountName and AccountKey.
	SharedKey CredentialsKind = iota + 1
	// ClientSecret gets tokens with Settings.TenantID, ClientID and Secret.
	ClientSecret
	// AmbientIdentity gets tokens with what the surroundings offer.
	AmbientIdentity
	// SASToken puts Settings.SAS into every URL; it comes from a connection string.
	SASToken
)

// kind decides which credentials to use. An explicit type wins over an account
// key that is there as well: upstream does so, and its documentation calls the key required,
// so that people who use tokens have one in their configuration. A connection string with
// credentials is another matter, since it means nothing else.
func (p Parameters) kind(cs connectionString, problems *problems) CredentialsKind {
	hasKey := p.AccountKey != "" || cs.accountKey != ""
	switch p.Credentials.Type {
	case "":
		return p.impliedKind(cs, problems)
	case CredentialsTypeSharedKey:
		switch {
		case hasKey:
		case cs.sas != "":
			problems.add("credentials.type: is %s, but connectionstring has a SharedAccessSignature; leave the type out", CredentialsTypeSharedKey)
		default:
			problems.add("accountkey: %w (credentials.type is %s; a connectionstring with an AccountKey will do too)", errMissing, CredentialsTypeSharedKey)
		}
		return SharedKey
	case CredentialsTypeClientSecret:
		p.checkClientSecret(problems)
		p.checkTokenOnly(cs, problems)
		return ClientSecret
	case CredentialsTypeDefault, credentialsTypeDefaultAlias:
		p.checkTokenOnly(cs, problems)
		return AmbientIdentity
	default:
		problems.add("credentials.type: %q is not one of %s, %s, %s", string(p.Credentials.Type),
			CredentialsTypeClientSecret, CredentialsTypeSharedKey, CredentialsTypeDefault)
		return 0
	}
}

// impliedKind decides by what is given when no type is.
func (p Parameters) impliedKind(cs connectionString, problems *problems) CredentialsKind {
	switch {
	case p.Credentials.Secret != "":
		problems.add("credentials.type: %w (credentials.secret is given: is it %s?)", errMissing, CredentialsTypeClientSecret)
		return 0
	case p.AccountKey != "" && cs.accountKey == "" && cs.sas != "":
		problems.add("accountkey: given as well as a connectionstring with a SharedAccessSignature; keep one of them")
		return 0
	case p.AccountKey != "" || cs.accountKey != "":
		return SharedKey
	case cs.sas != "":
		return SASToken
	case p.ConnectionString != "":
		problems.add("connectionstring: has neither AccountKey nor SharedAccessSignature (set credentials.type if it is meant to give the endpoint only)")
		return 0
	default:
		return AmbientIdentity
	}
}

func (p Parameters) checkClientSecret(problems *problems) {
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
		problems.add("%s: %w (credentials.type is %s)", strings.Join(missing, ", "), errMissing, CredentialsTypeClientSecret)
	}
}

// checkTokenOnly refuses a connection string with credentials next to a token type.
func (p Parameters) checkTokenOnly(cs connectionString, problems *problems) {
	if cs.accountKey != "" || cs.sas != "" {
		problems.add("credentials.type: is %s, but connectionstring has credentials of its own; keep one of them", p.Credentials.Type)
	}
}
