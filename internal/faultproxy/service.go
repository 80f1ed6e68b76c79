package faultproxy

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	blobservice "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// service is the Blob service behind the proxy, as faults see it: the target, corrected
// where an emulator's behaviour is not the service's (see slowcopy.go and strict.go).
type service struct {
	target    *url.URL
	transport *http.Transport
	copies    slowCopies
	strict    *strictness // nil: what the target accepts is accepted
	hierarchy *hierarchy  // nil: names are flat

	account *blobservice.Client // for requests of the proxy's own; may be nil
}

func newService(target *url.URL) *service {
	return &service{
		target: target,
		transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout: 10 * time.Second,
			DisableCompression:  true, // it would change the client's headers
			MaxIdleConnsPerHost: 64,
			// Node.js closes a connection that was idle for 5 s. Being faster keeps the proxy
			// from failing requests when no fault was armed.
			IdleConnTimeout: 3 * time.Second,
			WriteBufferSize: 64 << 10,
			ReadBufferSize:  64 << 10,
		},
	}
}

// call is one request to the service.
type call struct {
	*http.Request        // the client's
	op            Op     // what it asks for
	path          string // container and blob, as in "container/a/blob"
	content       io.Reader
}

// do carries the call out.
func (s *service) do(ctx context.Context, c call) (*http.Response, error) {
	refusal, err := s.refusal(&c)
	if err != nil {
		return nil, err
	}
	if refusal != nil {
		_, _ = io.Copy(io.Discard, c.content) // the answer comes after the request, as usual
		return refusal.response(c.Request)
	}
	resp, err := s.carryOut(ctx, c)
	if err != nil {
		return nil, err
	}
	s.strict.learn(c, resp)
	return s.copies.mask(c, resp)
}

func (s *service) carryOut(ctx context.Context, c call) (*http.Response, error) {
	if s.hierarchy != nil {
		return s.hierarchy.do(ctx, c)
	}
	return s.forward(ctx, c)
}

// refusal is the answer to a call that the target must not see; nil for all others.
func (s *service) refusal(c *call) (*Reply, error) {
	if refusal := s.copies.refusal(*c); refusal != nil {
		return refusal, nil
	}
	return s.strict.refusal(c)
}

// forward sends the call to the target as it is.
func (s *service) forward(ctx context.Context, c call) (*http.Response, error) {
	out := c.Clone(ctx)
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = s.target.Scheme, s.target.Host
	out.Close = false
	out.Body = http.NoBody
	if c.ContentLength != 0 {
		out.Body = io.NopCloser(c.content)
	}
	removeHopByHop(out.Header)
	if _, ok := out.Header["User-Agent"]; !ok {
		out.Header.Set("User-Agent", "") // net/http would add its own
	}
	return s.transport.RoundTrip(out)
}

// path is the part of a URL's path after the account.
func (s *service) path(u *url.URL) string {
	return strings.TrimPrefix(strings.TrimPrefix(u.Path, s.target.Path), "/")
}

// hopByHop are the headers that concern one connection only (RFC 9110, section 7.6.1).
var hopByHop = []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

func removeHopByHop(header http.Header) {
	for _, name := range hopByHop {
		header.Del(name)
	}
}
