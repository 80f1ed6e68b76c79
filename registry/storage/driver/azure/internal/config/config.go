// Package config is what the operator said about the storage: the section storage.azure of the
// registry's configuration, or parameters that a program made, read into Settings. It knows
// nothing of the network and sends nothing.
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
	ClientID string `mapstructure:"clientid"`
	TenantID string `mapstructure:"tenantid"`
	Secret   string `mapstructure:"secret"`
}

// Parameters is the section storage.azure of the configuration, as it was written.
// A zero field means the default. Durations are in Go's syntax ("100ms", "10s", "2m") and
// greater than zero. Values can be compared with ==.
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
	// ConnectionString is a connection string as the portal shows it. What is given here
	// and in a parameter of its own must agree; only ServiceURL may differ.
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
	// default of 5, -1 never.
	MaxRetries int `mapstructure:"max_retries"`
	// RetryDelay is the first wait before sending again; waits grow from there. Default 100ms.
	RetryDelay string `mapstructure:"retry_delay"`
	// SkipVerify accepts any TLS certificate.
	SkipVerify bool `mapstructure:"skipverify"`

	// TryTimeout is how long one attempt may take, apart from the time its data needs.
	// Default 10s.
	TryTimeout string `mapstructure:"try_timeout"`
	// MaxRetryDelay is the longest wait before sending again; default 30s, or RetryDelay
	// where that is longer.
	MaxRetryDelay string `mapstructure:"max_retry_delay"`
	// RetryBudget is how long to keep trying without progress; default 3m.
	RetryBudget string `mapstructure:"retry_budget"`
	// CopyTimeout is how long a copy inside the service may take; default 15m.
	CopyTimeout string `mapstructure:"copy_timeout"`
	// ChunkSize is the largest block appended at once, in bytes: 4 MiB to 100 MiB,
	// default 16 MiB.
	ChunkSize int64 `mapstructure:"chunksize"`
	// LegacyRootPrefix starts every blob's name with a slash, as version 2 of the
	// registry wrote them.
	LegacyRootPrefix bool `mapstructure:"legacyrootprefix"`
}

// NewParameters reads the section storage.azure of the configuration, fills in the defaults
// that upstream's NewParameters fills in, and checks it. The error is an *Error with
// everything that is wrong. Whether an account key is well-formed is left to New.
func NewParameters(parameters map[string]any) (*Parameters, error) {
	p, _, _, problems := parse(parameters)
	_, more := p.interpret()
	if err := errorOf(append(problems, more...)); err != nil {
		return nil, err
	}
	return p, nil
}

// Read reads the section storage.azure of the configuration: NewParameters and Interpret in
// one, with every problem of both in one *Error. The warnings come with an error too, since
// what one of them says may be the cause.
func Read(parameters map[string]any) (Settings, []Warning, error) {
	p, userAgent, unknown, problems := parse(parameters)
	s, more := p.interpret()
	problems = append(problems, more...)
	problems = append(problems, s.checkAccountKey()...)
	if err := errorOf(problems); err != nil {
		return Settings{}, warnUnknown(unknown), err
	}
	s.UserAgent = userAgent
	return s, warnUnknown(unknown), nil
}

// Interpret parses p, fills in the defaults and checks everything. The error is an *Error.
func Interpret(p *Parameters) (Settings, []Warning, error) {
	s, problems := p.interpret()
	if err := errorOf(append(problems, s.checkAccountKey()...)); err != nil {
		return Settings{}, nil, err
	}
	return s, nil, nil
}

// Warning is something odd about a configuration that doesn't keep the registry from
// starting.
type Warning struct {
	// Key is the parameter in question, below storage.azure.
	Key string
	// Text is the whole message, without a secret.
	Text string
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

// errorOf makes an *Error of the problems, or nil if there is none.
func errorOf(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return &Error{Problems: problems}
}

var errMissing = errors.New("missing")
