package registrytest

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Tunnel starts an HTTP proxy for CONNECT that leads to the server of a URL, whatever host of the
// domain is asked for: in that way an account has a host of its own. It returns the proxy's URL.
func Tunnel(t testing.TB, domain, server string) string {
	t.Helper()
	target, err := url.Parse(server)
	require.NoError(t, err)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodConnect || !strings.HasSuffix(r.URL.Hostname(), domain) {
			http.Error(w, "for CONNECT to the storage only", http.StatusForbidden)
			return
		}
		connect(w, target.Host)
	}))
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// connect pipes a client's connection to an address, until either side ends it.
func connect(w http.ResponseWriter, address string) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	w.WriteHeader(http.StatusOK)
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = server.Close()
		return
	}
	pipe := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from) // ends when either side does
		_ = client.Close()
		_ = server.Close()
	}
	var both sync.WaitGroup
	both.Go(func() { pipe(server, buffered) })
	both.Go(func() { pipe(client, server) })
	both.Wait()
}
