package soak

import (
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// balance starts a load balancer that gives each request to the next replica: hardly any
// upload begins, goes on and ends in one. It returns the address for the clients.
func balance(t *testing.T, replicas []*registrytest.Registry) string {
	t.Helper()
	var urls []*url.URL
	for _, r := range replicas {
		u, err := url.Parse(r.URL())
		require.NoError(t, err)
		urls = append(urls, u)
	}
	var turn atomic.Uint64
	balancer := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(urls[turn.Add(1)%uint64(len(urls))])
			r.Out.Host = r.In.Host // the registry's answers point back here
		},
		ErrorLog: log.New(io.Discard, "", 0), // what fails is the client's to report
	})
	t.Cleanup(balancer.Close)
	return strings.TrimPrefix(balancer.URL, "http://")
}
