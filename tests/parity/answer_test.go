package parity

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var answerCases = []reported{
	{name: "storage that is too busy is told as 503: a read", source: "issue 10", run: busyRead},
	{name: "storage that is too busy is told as 503: an upload", source: "issue 10", run: busyUpload},
	{name: "a Retry-After in the year 9999", source: "REST Retry-After; RFC 9110 10.2.3", run: retryAfter("Fri, 31 Dec 9999 23:59:59 GMT")},
	{name: "a Retry-After in the past, in words, or negative", source: "RFC 9110 10.2.3", run: retryAfter("Thu, 01 Jan 1970 00:00:00 GMT", "soon", "-5", "")},
	{name: "a Retry-After of three hundred years in seconds", source: "RFC 9110 10.2.3", run: retryAfter("9999999999")},
	{name: "labels of series take no strings from outside", source: "issue 11", ours: true, run: boundedLabels},
	{name: "a client that goes away is no error of the storage: a pull", source: "issue 11", run: leavePull},
	{name: "a client that goes away is no error of the storage: a push", source: "issue 11", run: leavePush},
}

func busyRead(l *lab) {
	require.NoError(l, l.push(l.serve(nil), "busy/app:v1", l.image("busy", kibibyte)))
	r := l.serve(hasty)
	l.Arm(faultproxy.Fault{Kind: faultproxy.ServerBusyBefore, Times: -1})
	got := l.manifest(r, http.MethodGet, "busy/app", "v1")
	require.Equal(l, http.StatusServiceUnavailable, got.status, "%s", got.body)
	require.NotEmpty(l, got.header.Get("Retry-After"))
}

func busyUpload(l *lab) {
	r := l.serve(hasty)
	l.Arm(faultproxy.Fault{Kind: faultproxy.ServerBusyBefore, Times: -1})
	got := l.ask(http.MethodPost, r.URL()+"/v2/busy/app/blobs/uploads/", nil, nil)
	if got.status == http.StatusAccepted {
		u := &upload{lab: l, registry: r, repository: "busy/app"}
		u.follow(got)
		got = u.patch(bytesOf(registrytest.Random(l.Name(), kibibyte)))
	}
	require.Equal(l, http.StatusServiceUnavailable, got.status, "%s", got.body)
}

// retryAfter has one answer of each kind of request name the time, and the push has to end in a minute.
func retryAfter(values ...string) func(*lab) {
	return func(l *lab) {
		r := l.serve(nil)
		for i, value := range values {
			for _, op := range []faultproxy.Op{faultproxy.Put, faultproxy.Append} {
				content := registrytest.Random(fmt.Sprint(l.Name(), i, op), kibibyte)
				l.Arm(faultproxy.Fault{Op: op, Kind: faultproxy.RetryAfter(value)})
				began := time.Now()
				require.NoError(l, l.pushLayer(r, "retry/after", content, 1))
				require.Less(l, time.Since(began), time.Minute, "waited for %q", value)
				l.MustHaveStruck(l.T)
				l.Disarm()
			}
		}
	}
}

func boundedLabels(l *lab) {
	r := l.serve(registrytest.Section{"retry_delay": "20ms"})
	require.NoError(l, l.push(r, "labels/app:v1", l.image("labels", kibibyte)))
	for i := range 5 {
		l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.Answer(faultproxy.Reply{Status: 500, Code: fmt.Sprintf("Made%dUp", i)})})
		l.manifest(r, http.MethodGet, "labels/app", "v1")
		l.MustHaveStruck(l.T)
		l.Disarm()
	}
	series := l.ask(http.MethodGet, r.Debug+"/metrics", nil, nil)
	require.Equal(l, http.StatusOK, series.status)
	require.Empty(l, regexp.MustCompile(`Made\dUp`).FindAll(series.body, -1))
}

// errorLines are those that would wake somebody up.
func errorLines(r *registrytest.Registry) []string {
	var found []string
	for _, line := range append(r.Log.Lines("level=error"), r.Log.Lines("level=warning", "azure")...) {
		if !strings.Contains(line, "no HTTP secret") {
			found = append(found, line)
		}
	}
	return found
}

func leavePull(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 30*mebibyte)
	require.NoError(l, l.pushLayer(r, "leave/pull", content, 1))
	l.SetBandwidth(0, mebibyte)
	for range 3 {
		abandon(l, time.Second, func(ctx context.Context) {
			_, err := l.tryAsk(ctx, http.MethodGet, r.URL()+"/v2/leave/pull/blobs/"+digestOf(content), nil, nil)
			require.Error(l, err)
		})
	}
	require.NoError(l, wait(l.ctx, time.Second))
	require.Empty(l, errorLines(r))
}

// leavePush cuts a request whose bytes are on their way.
func leavePush(l *lab) {
	r := l.serve(nil)
	u := l.upload(r, "leave/push")
	l.SetBandwidth(mebibyte, 0)
	abandon(l, time.Second, func(ctx context.Context) {
		_, err := l.tryAsk(ctx, http.MethodPatch, u.location, binaryContent.Clone(), bytesOf(registrytest.Random(l.Name(), 30*mebibyte)))
		require.Error(l, err)
	})
	require.NoError(l, wait(l.ctx, 2*time.Second))
	l.SetBandwidth(0, 0)
	for _, line := range errorLines(r) {
		require.NotContains(l, line, "azure", "a client that went away is told as the storage's fault")
	}
}
