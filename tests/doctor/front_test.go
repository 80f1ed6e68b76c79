package doctor

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

// rewriting starts a server before the storage that changes its answers, and gives the
// account's address there.
func rewriting(t *testing.T, storage string, change func(*http.Response)) string {
	t.Helper()
	server := httptest.NewServer(front(t, storage, change))
	t.Cleanup(server.Close)
	return server.URL + path(t, storage)
}

// front passes requests on to the storage, and its answers back. Signatures hold.
func front(t *testing.T, storage string, change func(*http.Response)) http.Handler {
	t.Helper()
	to, err := url.Parse(storage)
	require.NoError(t, err)
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = to.Scheme, to.Host, r.In.Host
		},
		ModifyResponse: func(r *http.Response) error {
			if change != nil {
				change(r)
			}
			return nil
		},
	}
}

func path(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u.Path
}
