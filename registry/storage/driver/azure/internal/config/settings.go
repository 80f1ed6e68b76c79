package config

import (
	"cmp"
	"encoding/base64"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

const (
	defaultRealm          = "core.windows.net"
	defaultMaxRetries     = 5
	defaultRetryDelay     = 100 * time.Millisecond
	defaultMaxRetryDelay  = 30 * time.Second
	defaultTryTimeout     = 10 * time.Second
	defaultRetryBudget    = 3 * time.Minute
	defaultCopyTimeout    = 15 * time.Minute
	defaultRedirectExpiry = 20 * time.Minute
	minRedirectExpiry     = time.Minute
	// maxRedirectExpiry is well below the 48 hours of a user delegation key.
	maxRedirectExpiry = 24 * time.Hour

	// minChunkSize is the size of upstream's blocks; smaller ones would only cost more.
	minChunkSize     = 4 << 20
	defaultChunkSize = 16 << 20
	// maxChunkSize is what Append Block accepts since service version 2022-11-02.
	maxChunkSize = 100 << 20
	// defaultUploadMemory is what eight uploads with blocks of the default size hold.
	defaultUploadMemory = 256 << 20
)

// Settings is what Parameters mean: parsed, defaulted and checked.
type Settings struct {
	// Credentials says how requests are authenticated, and with it which of the following
	// are used. SAS is without a leading "?". ClientID and TenantID may be empty with
	// AmbientIdentity.
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
	// RetryDelay may be zero and is at most MaxRetryDelay; the others are greater than zero.
	RetryDelay, MaxRetryDelay, TryTimeout, RetryBudget, CopyTimeout time.Duration

	// ChunkSize is the largest block of an upload in bytes.
	ChunkSize int
	// UploadMemory bounds what the blocks of all uploads of the process hold, in bytes. It
	// is at least ChunkSize.
	UploadMemory int64

	// RedirectEndpoint is the scheme, host and path that take the place of the service's in
	// URLs for clients, without a trailing slash; empty: the service's own.
	RedirectEndpoint string
	// RedirectExpiry is how long such a URL is good for.
	RedirectExpiry time.Duration

	// DebugLog lists the events to log, request, response, responseError and retry; empty: none.
	DebugLog []string
}

// interpret is Interpret without the check of the account key, which NewParameters must
// not make: upstream's tests give it the key "k1".
func (p *Parameters) interpret(found *findings) Settings {
	cs, ok := p.connection(found)
	s := Settings{
		AccountName:      found.oneOf("accountname", p.AccountName, "AccountName", cs.accountName),
		AccountKey:       found.oneOf("accountkey", p.AccountKey, "AccountKey", cs.accountKey),
		SAS:              cs.sas,
		ClientID:         p.Credentials.ClientID,
		TenantID:         p.Credentials.TenantID,
		Secret:           p.Credentials.Secret,
		Container:        checkContainer(p.Container, found),
		RootDirectory:    checkRoot(p.RootDirectory, found),
		LegacyRootPrefix: p.LegacyRootPrefix,
		CreateContainer:  p.CreateContainer,
		SkipVerify:       p.SkipVerify,
		MaxRetries:       max(0, cmp.Or(p.MaxRetries, defaultMaxRetries)),
		MaxRetryDelay:    found.duration("max_retry_delay", p.MaxRetryDelay, defaultMaxRetryDelay),
		TryTimeout:       found.duration("try_timeout", p.TryTimeout, defaultTryTimeout),
		CopyTimeout:      found.duration("copy_timeout", p.CopyTimeout, defaultCopyTimeout),
		RedirectEndpoint: redirectEndpoint(p.RedirectEndpoint, found),
		DebugLog:         debugEvents(p.DebugLog, p.DebugLogEvents, found),
	}
	s.RetryDelay = p.retryDelay(s.MaxRetryDelay, found)
	s.ChunkSize = int(within(found, "chunksize", cmp.Or(p.ChunkSize, defaultChunkSize), minChunkSize, maxChunkSize, " bytes"))
	s.UploadMemory = within(found, "uploadmemory", cmp.Or(p.UploadMemory, max(defaultUploadMemory, int64(2*s.ChunkSize))), int64(s.ChunkSize), 1<<62, " bytes")
	s.RetryBudget = found.duration("retry_budget", p.RetryBudget, s.enoughFor(s.ChunkSize))
	s.RedirectExpiry = within(found, "redirect_expiry",
		found.duration("redirect_expiry", p.RedirectExpiry, defaultRedirectExpiry), minRedirectExpiry, maxRedirectExpiry, "")
	if ok {
		s.Credentials = p.kind(cs, found)
		s.ServiceURL = p.endpoint(cs, s, found)
		s.Cloud = cloudOf(s.ServiceURL, cmp.Or(p.Realm, cs.endpointSuffix))
		s.dropUnused(found)
	}
	return s
}

// enoughFor is the retry budget if none is given: at least twice what one try of a block of
// this size may take on the slowest link, because a try ends with half of the budget.
func (s Settings) enoughFor(block int) time.Duration {
	const slowest = 210 << 10 // bytes per second
	return max(defaultRetryBudget, 2*(s.TryTimeout+time.Duration(block)*time.Second/slowest))
}

// checkAccountKey says whether the account key can be used to sign, if it is to be used or
// if a problem with the credentials leaves that open.
func (s Settings) checkAccountKey(found *findings) {
	if s.AccountKey == "" || (s.Credentials != SharedKey && s.Credentials != 0) {
		return
	}
	if _, err := base64.StdEncoding.DecodeString(s.AccountKey); err != nil {
		found.reject("accountkey", "not base64, so it is not an account key or part of it is missing")
	}
}

// retryDelay is the one duration that upstream's driver reads, so that one which is none is
// an error. Upstream's sleeps no time for one of zero or less.
func (p *Parameters) retryDelay(longest time.Duration, found *findings) time.Duration {
	if p.RetryDelay == "" {
		return min(defaultRetryDelay, longest)
	}
	d, err := time.ParseDuration(p.RetryDelay)
	if err != nil {
		found.reject("retry_delay", "%q is not a duration, such as 500ms, 10s or 2m", p.RetryDelay)
		return defaultRetryDelay
	}
	if d > longest {
		found.warn("retry_delay", "%s is longer than max_retry_delay, %s, which is used", d, longest)
	}
	return min(max(0, d), longest)
}

// duration reads the duration given for a key that upstream's driver doesn't know, or returns
// the fallback.
func (f *findings) duration(key, given string, fallback time.Duration) time.Duration {
	if given == "" {
		return fallback
	}
	d, err := time.ParseDuration(given)
	if err != nil || d <= 0 {
		f.warn(key, "%q is not a duration greater than zero, such as 500ms, 10s or 2m; %s is used", given, fallback)
		return fallback
	}
	return d
}

// within returns what is nearest to value between least and most.
func within[T int64 | time.Duration](f *findings, key string, value, least, most T, unit string) T {
	nearest := min(max(value, least), most)
	if nearest != value {
		f.warn(key, "%v is not between %v and %v%s; %v is used", value, least, most, unit, nearest)
	}
	return nearest
}

// oneOf takes what the parameter says, or else what the part of the connection string says.
// It names neither value, since they may be secrets.
func (f *findings) oneOf(key, parameter, part, inString string) string {
	if parameter != "" && inString != "" && parameter != inString {
		f.reject(key, "differs from %s in connectionstring; keep one of them", part)
	}
	return cmp.Or(parameter, inString)
}

// debugEventNames are the events that debug_log_events may name, as GitLab's registry names them.
var debugEventNames = []string{"request", "response", "responseError", "retry"}

// debugEvents reads debug_log and debug_log_events.
func debugEvents(wanted bool, names string, found *findings) []string {
	var events []string
	for name := range strings.SplitSeq(names, ",") {
		name = strings.TrimSpace(name)
		known := ""
		for _, event := range debugEventNames {
			if strings.EqualFold(name, event) {
				known = event
			}
		}
		switch {
		case known != "":
			events = append(events, known)
		case name != "" && !strings.EqualFold(name, "longRunningOperation"): // the registry has none
			found.warn("debug_log_events", "%q is not one of %s", name, strings.Join(debugEventNames, ", "))
		}
	}
	switch {
	case !wanted:
		return nil
	case len(events) == 0:
		return debugEventNames
	}
	return events
}
