package blobsim

import (
	"net/http"
	"sync"
	"time"
)

// Direct is an http.RoundTripper that has a Service carry out every request at
// once, without a network in between. Safe for concurrent use.
type Direct struct {
	mu      sync.Mutex
	service *Service
}

// NewDirect connects to a service, which must have no other connection.
func NewDirect(service *Service) *Direct { return &Direct{service: service} }

// RoundTrip implements http.RoundTripper.
func (d *Direct) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := parse(req)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	x := exchange{request: r, answer: d.service.serve(time.Now(), r)}
	return x.deliver(req)
}
