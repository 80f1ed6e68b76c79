// Package config is what the operator said about the storage: the section storage.azure of the
// registry's configuration, or parameters that a program made, read into Settings. It knows
// nothing of the network and sends nothing.
//
// What stock's driver starts with, this one starts with too, and means the same by it. So a
// value of a key that stock's doesn't know can't be an error, whatever it is: stock's ignores
// it. Such a mistake is a Warning, and the default is used.
package config

import (
	"errors"
	"strings"
)

// The values of credentials.type.
const (
	// CredentialsTypeClientSecret signs in as a service principal with a client secret.
	CredentialsTypeClientSecret = "client_secret"
	// CredentialsTypeSharedKey signs every request with the storage account's key.
	CredentialsTypeSharedKey = "shared_key"
	// CredentialsTypeDefault takes what the surroundings offer: environment variables,
	// workload identity, managed identity, or the Azure CLI's login.
	CredentialsTypeDefault = "default_credentials"
)

// credentialsTypeDefaultAlias is what upstream's documentation says in its managed
// identity example; upstream's code refuses it.
const credentialsTypeDefaultAlias = "default"

// CredentialsType says how to authenticate: one of the CredentialsType constants, or
// empty to go by which of the other parameters are given.
type CredentialsType string

// Credentials is the section storage.azure.credentials of the configuration.
type Credentials struct {
	// Type says which kind of credentials to use.
	Type CredentialsType `mapstructure:"type"`
	// ClientID, TenantID and Secret are the service principal of CredentialsTypeClientSecret.
	// With CredentialsTypeDefault and no Secret, ClientID selects the user-assigned identity
	// and TenantID the tenant.
	ClientID string `mapstructure:"clientid"`
	TenantID string `mapstructure:"tenantid"`
	Secret   string `mapstructure:"secret"`
}

// Parameters is the section storage.azure of the configuration, as it was written. A zero
// field means the default. Durations are in Go's syntax ("100ms", "10s", "2m"). Values can be
// compared with ==.
type Parameters struct {
	// Credentials says how to authenticate.
	Credentials Credentials `mapstructure:"credentials"`
	// Container is the name of the container that holds the registry. Required.
	Container string `mapstructure:"container"`
	// AccountName is the storage account. Required unless ConnectionString names it.
	AccountName string `mapstructure:"accountname"`
	// AccountKey is the storage account's key, base64. A token type in Credentials.Type
	// takes precedence over it.
	AccountKey string `mapstructure:"accountkey"`
	// ConnectionString is a connection string as the portal shows it. Where AccountName and
	// Credentials say all, it isn't used.
	ConnectionString string `mapstructure:"connectionstring"`
	// Realm is the domain of the cloud's storage; default core.windows.net.
	Realm string `mapstructure:"realm"`
	// RootDirectory is put before every blob's name. Slashes around it don't matter.
	RootDirectory string `mapstructure:"rootdirectory"`
	// ServiceURL is the address of the account's blob service. It takes precedence over
	// Realm and over the endpoints in ConnectionString; default
	// https://<AccountName>.blob.<Realm>.
	ServiceURL string `mapstructure:"serviceurl"`
	// MaxRetries is how many times a request is sent again without progress: 0 means the
	// default of 5, less never.
	MaxRetries int `mapstructure:"max_retries"`
	// RetryDelay is the first wait before sending again, which may be none; waits grow from
	// there. Default 100ms.
	RetryDelay string `mapstructure:"retry_delay"`
	// SkipVerify accepts any TLS certificate.
	SkipVerify bool `mapstructure:"skipverify"`

	// TryTimeout is how long one attempt may take, apart from the time its data needs.
	// Default 10s.
	TryTimeout string `mapstructure:"try_timeout"`
	// MaxRetryDelay is the longest wait before sending again; default 30s.
	MaxRetryDelay string `mapstructure:"max_retry_delay"`
	// RetryBudget is how long to keep trying without progress; default 3m.
	RetryBudget string `mapstructure:"retry_budget"`
	// CopyTimeout is how long a copy inside the service may take; default 15m.
	CopyTimeout string `mapstructure:"copy_timeout"`
	// ChunkSize is the largest block appended at once, in bytes: 4 MiB to 100 MiB,
	// default 16 MiB.
	ChunkSize int64 `mapstructure:"chunksize"`
	// UploadMemory bounds what the blocks of all uploads hold at once, in bytes: from
	// ChunkSize on, default 256 MiB.
	UploadMemory int64 `mapstructure:"uploadmemory"`
	// LegacyRootPrefix starts every blob's name with a slash, as version 2 of the
	// registry wrote them.
	LegacyRootPrefix bool `mapstructure:"legacyrootprefix"`
	// CreateContainer creates the container at start if it isn't there.
	CreateContainer bool `mapstructure:"create_container"`
	// RedirectEndpoint is the address that takes the place of the service's in the URLs to
	// which clients are sent; default ServiceURL.
	RedirectEndpoint string `mapstructure:"redirectendpoint"`
	// RedirectExpiry is how long such a URL is good for: 1m to 24h, default 20m.
	RedirectExpiry string `mapstructure:"redirect_expiry"`
	// DebugLog logs the requests to Azure and its answers, without secrets.
	DebugLog bool `mapstructure:"debug_log"`
	// DebugLogEvents is which of them, separated by commas: request, response,
	// responseError, retry. Default all.
	DebugLogEvents string `mapstructure:"debug_log_events"`
}

// NewParameters reads the section storage.azure of the configuration, fills in the defaults
// that upstream's NewParameters fills in, and checks it. The error is an *Error with
// everything that is wrong. Whether an account key is well-formed is left to Interpret.
func NewParameters(parameters map[string]any) (*Parameters, error) {
	var found findings
	p, _ := parse(parameters, &found)
	p.interpret(&found)
	if err := found.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// Read reads the section storage.azure of the configuration: NewParameters and Interpret in
// one, with every problem of both in one *Error. The warnings come with an error too, since
// what one of them says may be the cause.
func Read(parameters map[string]any) (Settings, []Warning, error) {
	var found findings
	p, rest := parse(parameters, &found)
	s := p.interpret(&found)
	s.checkAccountKey(&found)
	s.UserAgent = rest.userAgent
	rest.warnEmpty(s.Credentials, &found)
	return s.unless(&found)
}

// Interpret parses p, fills in the defaults and checks everything. The error is an *Error.
func Interpret(p *Parameters) (Settings, []Warning, error) {
	var found findings
	s := p.interpret(&found)
	s.checkAccountKey(&found)
	return s.unless(&found)
}

// unless returns the settings, or the error where there are problems.
func (s Settings) unless(found *findings) (Settings, []Warning, error) {
	if err := found.err(); err != nil {
		return Settings{}, found.warnings, err
	}
	return s, found.warnings, nil
}

// Error is everything that is wrong with a configuration. No message of it holds a
// secret.
type Error struct {
	// Problems has one error for each thing to mend, and is never empty.
	Problems []error
}

// Error names every problem, on one line.
func (e *Error) Error() string {
	texts := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		texts[i] = problem.Error()
	}
	return "azure: invalid configuration: " + strings.Join(texts, "; ")
}

// Unwrap gives the problems to errors.Is and errors.As.
func (e *Error) Unwrap() []error { return e.Problems }

var errMissing = errors.New("missing")
