package faultproxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// arrival is a request as the service got it.
type arrival struct {
	method, target, host string
	header               http.Header
	body                 []byte
}

// backend is a service that records what arrives. It answers reads with content and
// everything else with 201.
type backend struct {
	*httptest.Server
	content []byte
	chunked bool // answers reads without telling the length

	mu       sync.Mutex
	arrivals []arrival
}

func newBackend(t *testing.T) *backend {
	t.Helper()
	b := &backend{content: bytes.Repeat([]byte("0123456789abcdef"), 10_000)}
	b.Server = httptest.NewServer(http.HandlerFunc(b.serve))
	t.Cleanup(b.Close)
	return b
}

func (b *backend) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // half a request is none
	}
	b.mu.Lock()
	b.arrivals = append(b.arrivals, arrival{r.Method, r.RequestURI, r.Host, r.Header, body})
	b.mu.Unlock()

	w.Header().Set("x-ms-request-id", "from-the-backend")
	if b.chunked {
		_ = http.NewResponseController(w).Flush() // a client that has gone is no matter
		_, _ = w.Write(b.content)
		return
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b.content))
		return
	}
	w.WriteHeader(http.StatusCreated)
}

func (b *backend) seen() []arrival {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.arrivals)
}

// expectArrivals fails the test unless n requests have arrived.
func (b *backend) expectArrivals(t *testing.T, n int) {
	t.Helper()
	if got := len(b.seen()); got != n {
		t.Errorf("%d requests reached the service, want %d", got, n)
	}
}

// account is the backend's URL as of a storage account.
func (b *backend) account() string { return b.URL + "/account" }

// proxyFor starts a proxy in front of the backend.
func proxyFor(t *testing.T, b *backend) *Proxy {
	t.Helper()
	return ForTest(t, b.account())
}

// requests of each operation, without the account's URL.
var requests = map[Op]struct {
	method, target string
	header         map[string]string
	body           bool
}{
	Append: {method: "PUT", target: "/c/b?comp=appendblock", body: true},
	Create: {method: "PUT", target: "/c/b", header: map[string]string{"x-ms-blob-type": "AppendBlob"}},
	Put:    {method: "PUT", target: "/c/b", header: map[string]string{"x-ms-blob-type": "BlockBlob"}, body: true},
	Copy:   {method: "PUT", target: "/c/b", header: map[string]string{"x-ms-copy-source": "http://localhost/c/a"}},
	Abort:  {method: "PUT", target: "/c/b?comp=copy&copyid=1", header: map[string]string{"x-ms-copy-action": "abort"}},
	Delete: {method: "DELETE", target: "/c/b"},
	Head:   {method: "HEAD", target: "/c/b"},
	Get:    {method: "GET", target: "/c/b"},
	List:   {method: "GET", target: "/c?restype=container&comp=list&prefix=b"},
	Batch:  {method: "POST", target: "/c?restype=container&comp=batch", body: true},
	Other:  {method: "PUT", target: "/c?restype=container"},

	PutBlock:     {method: "PUT", target: "/c/b?comp=block&blockid=1", body: true},
	PutBlockList: {method: "PUT", target: "/c/b?comp=blocklist", body: true},
	Metadata:     {method: "PUT", target: "/c/b?comp=metadata"},
	Key:          {method: "POST", target: "?restype=service&comp=userdelegationkey", body: true},
}

// content is the body of the requests that have one: long enough not to pass in one packet.
var content = bytes.Repeat([]byte("The quick brown fox jumps over the lazy dog. "), 20_000)

// answer is what the client got.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error // from sending the request, or from reading the answer's body
}

// send sends one request of the given operation over a connection of its own.
func send(ctx context.Context, p *Proxy, op Op) answer {
	spec := requests[op]
	var body io.Reader
	if spec.body {
		body = bytes.NewReader(content)
	}
	r, err := http.NewRequestWithContext(ctx, spec.method, p.URL()+spec.target, body)
	if err != nil {
		return answer{err: err}
	}
	for name, value := range spec.header {
		r.Header.Set(name, value)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	got, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, got, err}
}
