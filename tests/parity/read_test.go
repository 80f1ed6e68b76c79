package parity

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var readCases = []reported{
	{name: "a stored Content-MD5 that isn't the content's", source: "azure-powershell#4570, OvertureMaps/data#550", run: wrongMD5},
	{name: "a read without Content-Length", source: "adlfs#494", run: pullUnder(faultproxy.NoLength, -1)},
	{name: "a read that breaks off", source: "distribution#3017", run: pullUnder(faultproxy.CutResponse, 1)},
	{name: "a download whose consumer pauses for longer than the budget, and then breaks off", source: "issue 11", run: pausedDownload},
	{name: "redirects have slashes in their path", source: "issue 11; REST Naming and Referencing", run: func(l *lab) { redirected(l) }},
	{name: "redirects lead to the layer", source: "REST Service SAS", run: followRedirect},
	{name: "a registry behind a proxy that ignores Range resumes a download", source: "adlfs#494", run: resumeIgnored},
}

func wrongMD5(l *lab) {
	r := l.serve(nil)
	image := l.image("md5", 300*kibibyte)
	require.NoError(l, l.push(r, "read/md5:v1", image))
	for _, name := range l.Names(l.T) {
		headers := blob.HTTPHeaders{BlobContentMD5: make([]byte, 16)}
		_, err := l.Direct.NewBlobClient(name).SetHTTPHeaders(l.ctx, headers, nil)
		require.NoError(l, err)
	}
	require.NoError(l, l.pull(r, "read/md5:v1", image))
	again := l.image("second", 300*kibibyte)
	require.NoError(l, l.push(r, "read/md5:v1", again), "the tag moves on")
	require.NoError(l, l.pull(r, "read/md5:v1", again))
}

func pullUnder(kind faultproxy.Kind, times int) func(*lab) {
	return func(l *lab) {
		r := l.serve(nil)
		image := l.image("read", 3*mebibyte)
		require.NoError(l, l.push(r, "read/app:v1", image))
		l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: kind, Times: times})
		require.NoError(l, l.pull(r, "read/app:v1", image))
	}
}

// pausedDownload pauses for 8 s with a budget of 3 s.
func pausedDownload(l *lab) {
	const size = 40 * mebibyte // more than the connections between client and storage hold
	content := registrytest.Random(l.Name(), size)
	require.NoError(l, l.pushLayer(l.serve(nil), "read/paused", content, 1))
	r := l.serve(registrytest.Section{"retry_budget": "3s", "try_timeout": "2s"})
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.CutAfter(size - mebibyte), Match: "blobs/sha256"})
	request, err := http.NewRequestWithContext(l.ctx, http.MethodGet, r.URL()+"/v2/read/paused/blobs/"+digest.FromBytes(content).String(), nil)
	require.NoError(l, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(l, err)
	defer response.Body.Close()
	first := make([]byte, mebibyte)
	_, err = io.ReadFull(response.Body, first)
	require.NoError(l, err)
	require.NoError(l, wait(l.ctx, 8*time.Second))
	rest, err := io.ReadAll(response.Body)
	require.NoError(l, err)
	require.Equal(l, digest.FromBytes(content), digest.FromBytes(append(first, rest...)))
}

func resumeIgnored(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 4*mebibyte)
	require.NoError(l, l.pushLayer(r, "read/resumed", content, 1))
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.CutAfter(3 * mebibyte), Match: "blobs/sha256"})
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.IgnoreRange, Match: "blobs/sha256", Times: -1})
	require.NoError(l, l.pullLayer(r, "read/resumed", content))
}

// redirected returns where a client is sent for a layer.
func redirected(l *lab) (location string, content []byte) {
	l.store()
	r := registrytest.Start(l.T, registrytest.Options{Azure: l.azure(nil), Redirects: true})
	content = registrytest.Random(l.Name(), kibibyte)
	require.NoError(l, l.pushLayer(r, "read/redirect", content, 1))
	got := l.ask(http.MethodGet, r.URL()+"/v2/read/redirect/blobs/"+digest.FromBytes(content).String(), nil, nil)
	require.Equal(l, http.StatusTemporaryRedirect, got.status, "%s", got.body)
	location = got.header.Get("Location")
	parsed, err := url.Parse(location)
	require.NoError(l, err)
	require.True(l, strings.HasSuffix(parsed.EscapedPath(), "/"+layerPath(content)), "%s", parsed.EscapedPath())
	return location, content
}

func followRedirect(l *lab) {
	location, content := redirected(l)
	got := l.ask(http.MethodGet, location, nil, nil)
	require.Equal(l, http.StatusOK, got.status, "%s", got.body)
	require.Equal(l, digest.FromBytes(content), digest.FromBytes(got.body))
}
