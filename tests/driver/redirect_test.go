package driver

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// A client that is redirected needs no credentials, whatever is in the name.
func TestRedirectURLLeadsToTheBlob(t *testing.T) {
	t.Parallel()
	roots := map[string]string{
		"plain":                  "",
		"a root directory":       "root",
		"spaces and percent":     "my root/100%25",
		"what a URL uses itself": "a?b#c&d=e+f",
		"letters beyond ASCII":   "régistre",
	}
	for name, root := range roots {
		for _, legacy := range []bool{false, true} {
			title := name
			if legacy {
				title += " with legacyrootprefix"
			}
			t.Run(title, func(t *testing.T) {
				t.Parallel()
				s := newStore(t)
				parameters := s.parameters()
				parameters.RootDirectory, parameters.LegacyRootPrefix = root, legacy
				d := newDriver(t, parameters)
				const path = "/docker/registry/v2/blobs/sha256/ab/abc_-.x/data"
				require.NoError(t, d.PutContent(t.Context(), path, []byte("content")))

				content, length := redirect(t, d, http.MethodGet, path)
				require.Equal(t, "content", content)
				require.EqualValues(t, len(content), length)
			})
		}
	}
}

// redirect asks for the path as the registry's client would, and returns the body and the
// length that the answer names.
func redirect(t *testing.T, d *azure.Driver, method, path string) (body string, length int64) {
	t.Helper()
	address, err := d.RedirectURL(httptest.NewRequest(method, "/v2/", nil), path)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusOK, response.StatusCode)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(content), response.ContentLength
}

// A HEAD is answered by the registry itself.
func TestRedirectURLIsForReadingOnly(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := s.driver(t)
	require.NoError(t, d.PutContent(t.Context(), "/blob", []byte("content")))
	for _, method := range []string{http.MethodHead, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete} {
		address, err := d.RedirectURL(httptest.NewRequest(method, "/v2/", nil), "/blob")
		require.NoError(t, err)
		require.Empty(t, address, method)
	}

	address, err := d.RedirectURL(httptest.NewRequest(http.MethodGet, "/v2/", nil), "/blob")
	require.NoError(t, err)
	remove, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, address, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(remove)
	require.NoError(t, err)
	defer response.Body.Close()
	require.Equal(t, http.StatusForbidden, response.StatusCode)
	require.Equal(t, "content", string(s.stored(t, "blob")))
	require.Equal(t, 1, s.Requests()[faultproxy.Delete], "only the one that was refused")
}

// A shared access signature signs nothing itself: the registry serves the blob.
func TestRedirectURLIsEmptyWithASharedAccessSignature(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := newDriver(t, azure.DriverParameters{
		ConnectionString: "BlobEndpoint=" + s.URL() + ";SharedAccessSignature=sv=2022-11-02&sig=abc%3D",
		Container:        s.container,
	})
	address, err := d.RedirectURL(httptest.NewRequest(http.MethodGet, "/v2/", nil), "/blob")
	require.NoError(t, err)
	require.Empty(t, address)
}

// Behind another address, clients find the same blob under the same path and query.
func TestRedirectEndpointTakesThePlaceOfTheAccounts(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parameters := s.parameters()
	parameters.RedirectExpiry = "5m"
	usual := newDriver(t, parameters)
	parameters.RedirectEndpoint = "https://images.example.com/"
	d := newDriver(t, parameters)
	request := httptest.NewRequest(http.MethodGet, "/v2/", nil)
	address, err := d.RedirectURL(request, "/a/b")
	require.NoError(t, err)
	u, err := url.Parse(address)
	require.NoError(t, err)
	address, err = usual.RedirectURL(request, "/a/b")
	require.NoError(t, err)
	want, err := url.Parse(address)
	require.NoError(t, err)

	require.Equal(t, "https://images.example.com", u.Scheme+"://"+u.Host)
	require.True(t, strings.HasSuffix(u.Path, "/"+s.container+"/a/b") && strings.HasSuffix(want.Path, u.Path), u.Path)
	require.Equal(t, slices.Sorted(maps.Keys(want.Query())), slices.Sorted(maps.Keys(u.Query())))
	expires, err := time.Parse(time.RFC3339, u.Query().Get("se"))
	require.NoError(t, err)
	require.WithinRange(t, expires, time.Now().Add(3*time.Minute), time.Now().Add(6*time.Minute))
}
