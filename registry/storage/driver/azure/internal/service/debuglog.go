package service

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/sirupsen/logrus"
)

// debugPolicies logs the events that debug_log_events names, at level info: who
// asks for them wants to see them, whatever the registry's level. Requests for
// tokens are among them. Nothing that could be a secret is logged: of headers and
// query parameters only those that are known to hold none, and never a body.
func debugPolicies(events []string) []policy.Policy {
	if len(events) == 0 {
		return nil
	}
	logs := func(event string) bool { return slices.Contains(events, event) }
	return []policy.Policy{PolicyFunc(func(req *policy.Request) (*http.Response, error) {
		raw := req.Raw()
		entry := Logger(raw.Context()).WithFields(logrus.Fields{"method": raw.Method, "url": harmlessURL(raw.URL)})
		if logs("request") {
			entry.WithFields(harmless(raw.Header)).Info("request to Azure")
		}
		began := time.Now()
		resp, err := req.Next()
		entry = entry.WithField("took", time.Since(began).String())
		switch {
		case err != nil && logs("responseError"):
			// The error isn't repeated: an identity endpoint's may say anything.
			entry.Info("no answer from Azure")
		case err == nil && logs("response"), err == nil && resp.StatusCode >= http.StatusBadRequest && logs("responseError"):
			entry.WithField("status", resp.StatusCode).WithFields(harmless(resp.Header)).Info("answer from Azure")
		}
		return resp, err
	})}
}

// logRetry logs that a request is sent again, if debug_log_events names that. Appends
// have log lines of their own.
func (c *Client) logRetry(ctx context.Context, what call, cause error) {
	if slices.Contains(c.settings.DebugLog, "retry") {
		Logger(ctx).WithFields(logrus.Fields{"operation": what.op, "blob": what.blob}).WithError(cause).Info("request to Azure is sent again")
	}
}

// harmlessHeaders are the headers that say what is asked and answered, and hold
// no secret.
var harmlessHeaders = []string{
	"Content-Length", "Content-Range", "Content-Type", "Date", "ETag", "If-Match", "If-None-Match", "Last-Modified",
	"Range", "Retry-After", "Server", "User-Agent", "X-Ms-Blob-Append-Offset", "X-Ms-Blob-Committed-Block-Count",
	"X-Ms-Blob-Condition-Appendpos", "X-Ms-Blob-Type", "X-Ms-Client-Request-Id", "X-Ms-Copy-Id", "X-Ms-Copy-Status",
	"X-Ms-Error-Code", "X-Ms-Range", "X-Ms-Request-Id", "X-Ms-Version", "X-Ms-Version-Id",
}

func harmless(header http.Header) logrus.Fields {
	fields := logrus.Fields{}
	for name, values := range header { // as spelled: the SDK keeps some in lower case
		if canonical := http.CanonicalHeaderKey(name); slices.Contains(harmlessHeaders, canonical) {
			fields["header."+strings.ToLower(canonical)] = strings.Join(values, ", ")
		}
	}
	return fields
}

// harmlessURL is the URL without the values of parameters that may be secrets, of
// which a shared access signature is one.
func harmlessURL(u *url.URL) string {
	known := []string{"comp", "restype", "prefix", "delimiter", "marker", "maxresults", "include", "blockid", "resource", "api-version"}
	query := u.Query()
	for name := range query {
		if !slices.Contains(known, name) {
			query[name] = []string{"REDACTED"}
		}
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath, RawQuery: query.Encode()}
	return shown.String()
}
