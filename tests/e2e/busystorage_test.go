package e2e

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// Storage that is too busy for longer than the driver tries is told to clients as just that,
// on every route, and a client that comes back finds everything as it was.
func TestBusyStorageIsToldToClients(t *testing.T) {
	t.Parallel()
	for _, kind := range []faultproxy.Kind{faultproxy.ServerBusyBefore, faultproxy.TooManyRequestsBefore} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{
				"max_retries": -1, "retry_delay": "10ms", "try_timeout": "5s",
			})})
			layer := newLayer(t.Name(), 300*kibibyte)
			image := newImage(t, "busy", layer)
			require.NoError(t, push(t.Context(), latest(t, r, "busy/app"), image))
			manifest, err := image.RawManifest()
			require.NoError(t, err)
			mediaType, err := image.MediaType()
			require.NoError(t, err)
			revision, err := image.Digest()
			require.NoError(t, err)
			blob, err := layer.Digest()
			require.NoError(t, err)
			upload := beginUpload(t, r, "busy/app")

			armed := s.Arm(faultproxy.Fault{Kind: kind, Times: -1})
			for _, c := range []struct{ method, path, mediaType, body string }{
				{http.MethodGet, "/v2/_catalog", "", ""},
				{http.MethodGet, "/v2/busy/app/tags/list", "", ""},
				{http.MethodGet, "/v2/busy/app/manifests/latest", "", ""},
				{http.MethodHead, "/v2/busy/app/manifests/latest", "", ""},
				{http.MethodGet, "/v2/busy/app/manifests/" + revision.String(), "", ""},
				{http.MethodPut, "/v2/busy/app/manifests/other", string(mediaType), string(manifest)},
				{http.MethodDelete, "/v2/busy/app/manifests/latest", "", ""},
				{http.MethodDelete, "/v2/busy/app/manifests/" + revision.String(), "", ""},
				{http.MethodGet, "/v2/busy/app/blobs/" + blob.String(), "", ""},
				{http.MethodHead, "/v2/busy/app/blobs/" + blob.String(), "", ""},
				{http.MethodDelete, "/v2/busy/app/blobs/" + blob.String(), "", ""},
				{http.MethodPost, "/v2/busy/app/blobs/uploads/", "", ""},
				{http.MethodPost, "/v2/other/app/blobs/uploads/?from=busy/app&mount=" + blob.String(), "", ""},
				{http.MethodGet, upload, "", ""},
				{http.MethodPatch, upload, "application/octet-stream", "bytes"},
				{http.MethodPut, upload + "&digest=" + blob.String(), "application/octet-stream", "bytes"},
				{http.MethodDelete, upload, "", ""},
			} {
				answer, body := ask(t, r, c.method, c.path, c.mediaType, c.body)
				require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, "%s %s: %s", c.method, c.path, body)
				seconds, err := strconv.Atoi(answer.Header.Get("Retry-After"))
				require.NoError(t, err, "%s %s", c.method, c.path)
				require.Positive(t, seconds)
				require.Empty(t, answer.Header.Get("Cache-Control"))
				if c.method != http.MethodHead {
					require.Contains(t, body, `"UNAVAILABLE"`)
					require.NotContains(t, body, s.Server.Account, "what storage says isn't for clients")
				}
			}
			require.NotZero(t, armed.Struck())
			s.Disarm()
			require.NoError(t, pull(t.Context(), latest(t, r, "busy/app"), image))
		})
	}
}

// A layer whose first byte can't be read is an error, not the beginning of a good answer.
func TestBusyStorageAtTheFirstByteOfALayer(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"max_retries": -1})})
	layer := newLayer(t.Name(), 5*mebibyte)
	require.NoError(t, push(t.Context(), latest(t, r, "busy/layer"), newImage(t, "busy", layer)))
	digest, err := layer.Digest()
	require.NoError(t, err)
	s.Arm(faultproxy.Fault{Op: faultproxy.Get, Match: digest.Hex + "/data", Kind: faultproxy.ServerBusyBefore})
	answer, body := ask(t, r, http.MethodGet, "/v2/busy/layer/blobs/"+digest.String(), "", "")
	require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, body)
	require.NotEmpty(t, answer.Header.Get("Retry-After"))
	s.MustHaveStruck(t)
}

// Storage is too busy while the registry looks at what a manifest refers to. That says nothing of
// the manifest.
func TestBusyStorageWhileAManifestIsChecked(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"max_retries": -1})})
	layer := newLayer(t.Name(), kibibyte)
	image := newImage(t, "checked", layer)
	require.NoError(t, push(t.Context(), latest(t, r, "busy/checked"), image))
	manifest, err := image.RawManifest()
	require.NoError(t, err)
	revision, err := image.Digest()
	require.NoError(t, err)
	mediaType, err := image.MediaType()
	require.NoError(t, err)
	blob, err := layer.Digest()
	require.NoError(t, err)
	index := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"manifests":[{"mediaType":%q,"digest":%q,"size":%d}]}`,
		types.OCIImageIndex, mediaType, revision, len(manifest))
	for what, put := range map[string]struct {
		mediaType types.MediaType
		body      string
		looksAt   []string
	}{
		"image": {mediaType, string(manifest), []string{"/_layers/sha256/" + blob.Hex + "/link", blob.Hex + "/data"}},
		"index": {types.OCIImageIndex, index, []string{"/revisions/sha256/" + revision.Hex + "/link", revision.Hex + "/data"}},
	} {
		for _, name := range put.looksAt {
			busy := s.Arm(faultproxy.Fault{Kind: faultproxy.ServerBusyBefore, Match: name, Times: -1})
			answer, body := ask(t, r, http.MethodPut, "/v2/busy/checked/manifests/again", string(put.mediaType), put.body)
			require.Equal(t, http.StatusServiceUnavailable, answer.StatusCode, "%s at %s: %s", what, name, body)
			require.NotEmpty(t, answer.Header.Get("Retry-After"))
			require.NotContains(t, body, "MANIFEST")
			require.Positive(t, busy.Struck())
			s.Disarm()
		}
		answer, body := ask(t, r, http.MethodPut, "/v2/busy/checked/manifests/again", string(put.mediaType), put.body)
		require.Equal(t, http.StatusCreated, answer.StatusCode, body)
	}
}

// beginUpload returns the path and query of a new upload.
func beginUpload(t *testing.T, r *registrytest.Registry, repository string) string {
	t.Helper()
	answer, body := ask(t, r, http.MethodPost, "/v2/"+repository+"/blobs/uploads/", "", "")
	require.Equal(t, http.StatusAccepted, answer.StatusCode, body)
	location, err := url.Parse(answer.Header.Get("Location"))
	require.NoError(t, err)
	return location.RequestURI()
}

// ask sends one request and reads the answer to its end.
func ask(t *testing.T, r *registrytest.Registry, method, path, mediaType, body string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, r.URL()+path, strings.NewReader(body))
	require.NoError(t, err)
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	request.Header.Set("Accept", "*/*, application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	require.NoError(t, err, "%s %s", method, path)
	return answer, string(content)
}
