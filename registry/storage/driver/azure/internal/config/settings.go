package config

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

const (
	defaultRealm         = "core.windows.net"
	defaultMaxRetries    = 5
	defaultRetryDelay    = 100 * time.Millisecond
	defaultMaxRetryDelay = 30 * time.Second
	defaultTryTimeout    = 10 * time.Second
	defaultRetryBudget   = 3 * time.Minute
	defaultCopyTimeout   = 15 * time.Minute

	// minChunkSize is the size of upstream's blocks; smaller ones would only cost more.
	minChunkSize     = 4 << 20
	defaultChunkSize = 16 << 20
	// defaultUploadMemory is what the blocks of eight uploads hold at their largest.
	defaultUploadMemory   = 256 << 20
	defaultRedirectExpiry = 20 * time.Minute
	// maxChunkSize is what Append Block accepts since service version 2022-11-02.
	maxChunkSize = 100 << 20
)

// Settings is what Parameters mean: parsed, defaulted and checked.
type Settings struct {
	// Credentials says how requests are authenticated, and with it which of the following
	// are used. SAS is without a leading "?".
	Credentials                  CredentialsKind
	AccountName, AccountKey, SAS string
	ClientID, TenantID, Secret   string

	// ServiceURL is the blob service's address, without a trailing slash or query.
	ServiceURL string
	// Container is the container's name.
	Container string
	// Cloud is China or Government where the realm or the service URL tells, else the
	// zero value: then azidentity uses AZURE_AUTHORITY_HOST, or the public cloud.
	Cloud cloud.Configuration
	// RootDirectory is put before every blob's name, without slashes around it.
	RootDirectory string
	// LegacyRootPrefix says that names of blobs start with a slash.
	LegacyRootPrefix bool
	// CreateContainer says to create the container if it isn't there.
	CreateContainer bool

	// SkipVerify accepts any TLS certificate.
	SkipVerify bool
	// UserAgent is what upstream's application passes; it may be empty.
	UserAgent string

	// MaxRetries is the number of attempts after the first without progress.
	MaxRetries int
	// RetryDelay may be zero; the others are greater.
	RetryDelay, MaxRetryDelay, TryTimeout, RetryBudget, CopyTimeout time.Duration

	// ChunkSize is the largest block of an upload in bytes.
	ChunkSize int
	// UploadMemory bounds what the blocks of all uploads of the process hold, in bytes.
	UploadMemory int64

	// RedirectEndpoint is the scheme, host and path that take the place of the service's in
	// URLs for clients, without a trailing slash; empty: the service's own.
	RedirectEndpoint string
	// RedirectExpiry is how long such a URL is good for.
	RedirectExpiry time.Duration

	// DebugLog lists the SDK's events to log; empty: none.
	DebugLog []string
}

// interpret is Interpret without the check of the account key, which NewParameters must
// not make: upstream's tests give it the key "k1".
func (p Parameters) interpret() (Settings, []error) {
	var problems problems
	cs := parseConnectionString(p.ConnectionString, &problems)
	s := Settings{
		AccountName:      problems.oneOf("accountname", p.AccountName, "AccountName", cs.accountName),
		AccountKey:       problems.oneOf("accountkey", p.AccountKey, "AccountKey", cs.accountKey),
		SAS:              cs.sas,
		ClientID:         p.Credentials.ClientID,
		TenantID:         p.Credentials.TenantID,
		Secret:           p.Credentials.Secret,
		Container:        p.Container,
		RootDirectory:    strings.Trim(p.RootDirectory, "/"),
		LegacyRootPrefix: p.LegacyRootPrefix,
		SkipVerify:       p.SkipVerify,
		MaxRetries:       p.retries(&problems),
		ChunkSize:        p.chunkSize(&problems),
		UploadMemory:     defaultUploadMemory,
		RedirectExpiry:   defaultRedirectExpiry,
		TryTimeout:       problems.duration("try_timeout", p.TryTimeout, defaultTryTimeout),
		RetryDelay:       problems.duration("retry_delay", p.RetryDelay, defaultRetryDelay),
		CopyTimeout:      problems.duration("copy_timeout", p.CopyTimeout, defaultCopyTimeout),
	}
	s.MaxRetryDelay = problems.duration("max_retry_delay", p.MaxRetryDelay, max(defaultMaxRetryDelay, s.RetryDelay))
	if s.MaxRetryDelay < s.RetryDelay {
		problems.add("max_retry_delay: %s is less than retry_delay, %s", s.MaxRetryDelay, s.RetryDelay)
	}
	s.RetryBudget = problems.duration("retry_budget", p.RetryBudget, s.enoughFor(s.ChunkSize))
	if p.Container == "" {
		problems.add("container: %w", errMissing)
	}
	if !cs.malformed {
		s.Credentials = p.kind(cs, &problems)
		s.ServiceURL = p.endpoint(cs, s, &problems)
		s.Cloud = cloudOf(s.ServiceURL, cmp.Or(p.Realm, cs.endpointSuffix))
	}
	return s, problems
}

// enoughFor is the retry budget if none is given: at least twice what one try of a block of
// this size may take on the slowest link, because a try ends with half of the budget.
func (s Settings) enoughFor(block int) time.Duration {
	const slowest = 210 << 10 // bytes per second
	return max(defaultRetryBudget, 2*(s.TryTimeout+time.Duration(block)*time.Second/slowest))
}

// checkAccountKey says whether the account key can be used to sign, if it is to be used or
// if a problem with the credentials leaves that open.
func (s Settings) checkAccountKey() []error {
	if s.AccountKey == "" || (s.Credentials != SharedKey && s.Credentials != 0) {
		return nil
	}
	if _, err := base64.StdEncoding.DecodeString(s.AccountKey); err != nil {
		return []error{errors.New("accountkey: not base64, so it is not an account key or part of it is missing")}
	}
	return nil
}

func (p Parameters) retries(problems *problems) int {
	switch {
	case p.MaxRetries == 0:
		return defaultMaxRetries
	case p.MaxRetries == -1:
		return 0
	case p.MaxRetries < -1:
		problems.add("max_retries: %d is not a number of retries (use -1 for none)", p.MaxRetries)
	}
	return p.MaxRetries
}

func (p Parameters) chunkSize(problems *problems) int {
	if p.ChunkSize == 0 {
		return defaultChunkSize
	}
	if p.ChunkSize < minChunkSize || p.ChunkSize > maxChunkSize {
		problems.add("chunksize: %d is not between %d and %d bytes", p.ChunkSize, minChunkSize, maxChunkSize)
		return defaultChunkSize
	}
	return int(p.ChunkSize)
}

// problems gathers what is wrong with a configuration.
type problems []error

func (ps *problems) add(format string, args ...any) {
	*ps = append(*ps, fmt.Errorf(format, args...))
}

// duration reads the duration given for key, or the fallback if none is given.
func (ps *problems) duration(key, given string, fallback time.Duration) time.Duration {
	if given == "" {
		return fallback
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 {
		ps.add("%s: %q is not a duration greater than zero, such as 500ms, 10s or 2m", key, given)
		return fallback
	}
	return d
}

// oneOf takes what the parameter says, or else what the part of the connection string says.
// It names neither value, since they may be secrets.
func (ps *problems) oneOf(key, parameter, part, inString string) string {
	if parameter != "" && inString != "" && parameter != inString {
		ps.add("%s: differs from %s in connectionstring; keep one of them", key, part)
	}
	if parameter != "" {
		return parameter
	}
	return inString
}
