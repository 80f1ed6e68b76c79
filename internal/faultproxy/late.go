package faultproxy

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// delay waits until a held-back request is to be carried out. It may end early when the context does,
// which is the proxy's.
type delay func(context.Context)

// after waits for d, whether or not the proxy closes.
func after(d time.Duration) delay {
	return func(ctx context.Context) { _ = sleep(context.WithoutCancel(ctx), d) } // never fails
}

// until waits for the channel to be closed.
func until(released <-chan struct{}) delay {
	return func(ctx context.Context) {
		select {
		case <-released:
		case <-ctx.Done():
		}
	}
}

// doLate carries a held-back call out and returns the service's status, 0 if there was none.
func (s *service) doLate(ctx context.Context, c call) int {
	resp, err := s.do(ctx, c)
	if err != nil {
		return 0
	}
	discard(resp)
	return resp.StatusCode
}

// Settle returns nil once every late request has been carried out and answered, or the
// context's error.
func (p *Proxy) Settle(ctx context.Context) error {
	select {
	case <-p.late.none():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("faultproxy: late requests outstanding: %w", context.Cause(ctx))
	}
}

// outstanding counts late requests. The zero value is none.
type outstanding struct {
	mu   sync.Mutex
	n    int
	zero chan struct{} // closed when n returns to 0; nil while it is 0
}

func (o *outstanding) add() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n++; o.zero == nil {
		o.zero = make(chan struct{})
	}
}

func (o *outstanding) done() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n--; o.n == 0 {
		close(o.zero)
		o.zero = nil
	}
}

// none is closed when nothing is outstanding.
func (o *outstanding) none() <-chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.zero == nil {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return o.zero
}
