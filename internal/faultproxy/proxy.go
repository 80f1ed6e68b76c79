package faultproxy

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy is a running proxy. All methods may be called concurrently.
type Proxy struct {
	url     string
	server  *http.Server
	service *service

	upload, download link
	latency          atomic.Int64 // a time.Duration

	// ctx ends when the proxy closes. Every client's request has a context below it; a struck
	// request, which is carried out whether or not its client is still there, has this one.
	ctx     context.Context
	close   context.CancelCauseFunc
	running sync.WaitGroup // requests, late requests, and the server
	late    outstanding

	mu     sync.Mutex
	closed bool
	armed  []*Armed
	counts map[Op]int
	log    []*Entry
}

// Option changes how a proxy is started.
type Option func(*Proxy)

// WithRootCAs trusts these CAs, instead of the system's, when the target speaks HTTPS.
func WithRootCAs(pool *x509.CertPool) Option {
	return func(p *Proxy) { p.service.transport.TLSClientConfig.RootCAs = pool }
}

var errClosed = errors.New("faultproxy: closed")

// Start starts a proxy on a free port of 127.0.0.1 that forwards to target, the URL of a
// storage account as in http://127.0.0.1:10000/devstoreaccount1. The caller closes it.
func Start(target string, options ...Option) (*Proxy, error) {
	u, err := url.Parse(target)
	if err != nil {
		return nil, fmt.Errorf("faultproxy: target: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("faultproxy: target %q is no http or https URL", u.Redacted())
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("faultproxy: %w", err)
	}

	p := &Proxy{
		url:     "http://" + listener.Addr().String() + u.EscapedPath(),
		service: newService(u),
		counts:  map[Op]int{},
	}
	p.ctx, p.close = context.WithCancelCause(context.Background())
	for _, option := range options {
		option(p)
	}
	p.server = &http.Server{
		Handler:           http.HandlerFunc(p.serve),
		ReadHeaderTimeout: time.Minute,
		BaseContext:       func(net.Listener) context.Context { return p.ctx },
		ConnState:         bufferLittle,
	}
	p.running.Go(func() { _ = p.server.Serve(listener) }) // ends with http.ErrServerClosed
	return p, nil
}

// URL is the target's URL with the proxy's scheme, host and port.
func (p *Proxy) URL() string { return p.url }

// Close resets what is stalled, carries out what is late, and returns when nothing of the
// proxy runs any more.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.close(errClosed)
	err := p.server.Close()
	p.running.Wait()
	p.service.transport.CloseIdleConnections()
	return err
}

// receiveBuffer is how many bytes the system may take in before the proxy reads them. With the
// system's own choice, several MiB, a client would see a slow link as a fast one
// that is slow to answer. What is left is the client's own send buffer, some 4 MiB on Linux.
const receiveBuffer = 64 << 10

func bufferLittle(conn net.Conn, state http.ConnState) {
	if tcp, ok := conn.(*net.TCPConn); ok && state == http.StateNew {
		_ = tcp.SetReadBuffer(receiveBuffer) // a link that looks faster is no failure
	}
}

// enter counts a goroutine that Close has to wait for; false when it is too late.
func (p *Proxy) enter() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.running.Add(1)
	}
	return !p.closed
}

// blobName is the request's blob without account and container; for a listing, the prefix.
func (p *Proxy) blobName(op Op, r *http.Request) string {
	if op == List {
		return r.URL.Query().Get("prefix")
	}
	_, blob, _ := strings.Cut(p.service.path(r.URL), "/")
	return blob
}
