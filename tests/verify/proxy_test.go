package verify

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// proxy stands between the binary and Azurite, and counts requests.
type proxy struct {
	url string // of the account

	mu                  sync.Mutex
	lists, reads, looks int // List Blobs, Get Blob, Get Blob Properties
	writes              int
	// atWrite is called with the number of each write request, from 1 on, before
	// it is passed on, and again after it was answered. If it returns false the
	// client gets nothing more.
	atWrite func(n int, answered bool) bool
	// before is called with each request, before it is passed on. It is set before
	// there are any.
	before func(r *http.Request)
}

func newProxy(t *testing.T, a *verifytest.Azure) *proxy {
	t.Helper()
	target, err := url.Parse(a.Server.URL)
	require.NoError(t, err)
	p := &proxy{}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
		},
		Transport: a.Server.HTTPClient().Transport,
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.before != nil {
			p.before(r)
		}
		n, at := p.count(r)
		if at == nil {
			forward.ServeHTTP(w, r)
			return
		}
		if !at(n, false) {
			panic(http.ErrAbortHandler)
		}
		answer := httptest.NewRecorder()
		forward.ServeHTTP(answer, r)
		if !at(n, true) {
			panic(http.ErrAbortHandler)
		}
		for key, values := range answer.Header() {
			w.Header()[key] = values
		}
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes()) // the client sees what is missing
	}))
	t.Cleanup(server.Close)
	p.url = server.URL + target.Path
	return p
}

// watch sets atWrite.
func (p *proxy) watch(f func(n int, answered bool) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.atWrite = f
}

// written is how many write requests there have been.
func (p *proxy) written() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.writes
}

// count notes the request. For a write it returns its number, and what to ask.
func (p *proxy) count(r *http.Request) (int, func(int, bool) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case r.URL.Query().Get("restype") == "service":
		// What the account keeps is asked by the driver's start, not by the run.
	case r.URL.Query().Get("comp") == "list":
		p.lists++
	case r.Method == http.MethodGet:
		p.reads++
	case r.Method == http.MethodHead:
		p.looks++
	default:
		p.writes++
		return p.writes, p.atWrite
	}
	return 0, nil
}
