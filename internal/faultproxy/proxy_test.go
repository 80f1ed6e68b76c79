package faultproxy

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestRequestsArriveAsSent matters for signatures, which cover the target, and for copies,
// whose source names the proxy's address.
func TestRequestsArriveAsSent(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	const target = "/c/a%20b%2Fc+d//e?comp=appendblock&x=%2f+%20"
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.URL()+target, strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "SharedKey account:signature")
	r.Header.Set("Connection", "x-private")
	r.Header["User-Agent"] = nil
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if id := resp.Header.Get("x-ms-request-id"); id != "from-the-backend" {
		t.Errorf("the answer's headers are missing: %v", resp.Header)
	}

	got := b.seen()[0]
	if want := "/account" + target; got.target != want {
		t.Errorf("target %q, want %q", got.target, want)
	}
	if want := strings.TrimPrefix(strings.TrimSuffix(p.URL(), "/account"), "http://"); got.host != want {
		t.Errorf("host %q, want %q", got.host, want)
	}
	if string(got.body) != "body" || got.header.Get("Authorization") == "" {
		t.Errorf("got %+v", got)
	}
	for _, name := range []string{"Connection", "User-Agent"} {
		if value, ok := got.header[name]; ok {
			t.Errorf("%s: %q arrived", name, value)
		}
	}
}

func TestBodiesAreStreamed(t *testing.T) {
	begun := make(chan struct{})
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Body.Read(make([]byte, 1)); err == nil {
			close(begun)
		}
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	}))
	defer backend.Close()
	p := ForTest(t, backend.URL+"/account")
	p.Arm(Fault{Op: Append, Kind: Twice, Skip: 1}) // gathers, but not this request

	reader, writer := io.Pipe()
	go func() {
		_, _ = writer.Write(content)
		select {
		case <-begun: // or else the second half never comes
			_, _ = writer.Write(content)
		case <-t.Context().Done():
		case <-time.After(time.Minute):
		}
		_ = writer.Close()
	}()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.URL()+"/c/b?comp=appendblock", reader)
	if err != nil {
		t.Fatal(err)
	}
	r.ContentLength = 2 * int64(len(content))
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("the first half was not passed on before the second: %v", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Errorf("status %d", resp.StatusCode)
	}
	p.Disarm()
}

func TestTargetOverHTTPS(t *testing.T) {
	backend := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
	}))
	defer backend.Close()
	pool := x509.NewCertPool()
	pool.AddCert(backend.Certificate())
	p := ForTest(t, backend.URL+"/account", WithRootCAs(pool))
	if got := send(t.Context(), p, Append); got.status != 201 {
		t.Errorf("got %+v", got)
	}
}

func TestTargetThatIsDownLooksDown(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	b.Close()
	if got := send(t.Context(), p, Append); got.err == nil {
		t.Errorf("got %+v, want no answer", got)
	}
	if log := p.Log(); len(log) != 1 || log[0].Err == nil {
		t.Errorf("log: %v", log)
	}
}

func TestStartRefusesWhatIsNoEndpoint(t *testing.T) {
	for _, target := range []string{"", "localhost:10000", "ftp://localhost/account", "http://", ":"} {
		if p, err := Start(target); err == nil {
			t.Errorf("%q was accepted", target)
			_ = p.Close()
		}
	}
}

func TestClosedProxyAnswersNobody(t *testing.T) {
	p, err := Start(newBackend(t).account())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	if got := send(t.Context(), p, Get); got.err == nil {
		t.Errorf("got %+v", got)
	}
}
