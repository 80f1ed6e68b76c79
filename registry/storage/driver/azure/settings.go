package azure

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
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
	// maxChunkSize is what Append Block accepts since service version 2022-11-02.
	maxChunkSize = 100 << 20
)

// settings is what a DriverParameters means: parsed, defaulted and checked.
type settings struct {
	credentials                  credentialsKind
	accountName, accountKey, sas string // sas is without a leading "?"
	clientID, tenantID, secret   string

	serviceURL string // without a trailing slash
	container  string
	// cloud is China or Government where the realm or the service URL tells, else the
	// zero value: then azidentity uses AZURE_AUTHORITY_HOST, or the public cloud.
	cloud cloud.Configuration
	names names

	skipVerify bool
	userAgent  string // what upstream's application passes; may be empty

	maxRetries int // attempts after the first
	retryDelay, maxRetryDelay,
	tryTimeout, retryBudget, copyTimeout time.Duration
	chunkSize int // bytes
}

// interpret is settings without the check of the account key, which NewParameters must
// not make: upstream's tests give it the key "k1".
func (p DriverParameters) interpret() (settings, []error) {
	var problems problems
	cs := parseConnectionString(p.ConnectionString, &problems)
	s := settings{
		accountName: problems.oneOf("accountname", p.AccountName, "AccountName", cs.accountName),
		accountKey:  problems.oneOf("accountkey", p.AccountKey, "AccountKey", cs.accountKey),
		sas:         cs.sas,
		clientID:    p.Credentials.ClientID,
		tenantID:    p.Credentials.TenantID,
		secret:      p.Credentials.Secret,
		container:   p.Container,
		names:       newNames(p.RootDirectory, p.LegacyRootPrefix),
		skipVerify:  p.SkipVerify,
		maxRetries:  p.retries(&problems),
		chunkSize:   p.chunkSize(&problems),
		tryTimeout:  problems.duration("try_timeout", p.TryTimeout, defaultTryTimeout),
		retryDelay:  problems.duration("retry_delay", p.RetryDelay, defaultRetryDelay),
		copyTimeout: problems.duration("copy_timeout", p.CopyTimeout, defaultCopyTimeout),
	}
	s.maxRetryDelay = problems.duration("max_retry_delay", p.MaxRetryDelay, max(defaultMaxRetryDelay, s.retryDelay))
	if s.maxRetryDelay < s.retryDelay {
		problems.add("max_retry_delay: %s is less than retry_delay, %s", s.maxRetryDelay, s.retryDelay)
	}
	s.retryBudget = problems.duration("retry_budget", p.RetryBudget, s.enoughFor(s.chunkSize))
	if p.Container == "" {
		problems.add("container: %w", errMissing)
	}
	if !cs.malformed {
		s.credentials = p.credentialsKind(cs, &problems)
		s.serviceURL = p.endpoint(cs, s, &problems)
		s.cloud = cloudOf(s.serviceURL, cmp.Or(p.Realm, cs.endpointSuffix))
	}
	return s, problems
}

// enoughFor is the retry budget if none is given: at least twice what one try of a block of
// this size may take, because a try ends with half of the budget.
func (s settings) enoughFor(block int) time.Duration {
	p := pace{base: s.tryTimeout}
	return max(defaultRetryBudget, 2*p.timeout(block))
}

// checkAccountKey says whether the account key can be used to sign, if it is to be used or
// if a problem with the credentials leaves that open.
func (s settings) checkAccountKey() []error {
	if s.accountKey == "" || (s.credentials != sharedKey && s.credentials != 0) {
		return nil
	}
	if _, err := base64.StdEncoding.DecodeString(s.accountKey); err != nil {
		return []error{errors.New("accountkey: not base64, so it is not an account key or part of it is missing")}
	}
	return nil
}

func (p DriverParameters) retries(problems *problems) int {
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

func (p DriverParameters) chunkSize(problems *problems) int {
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
