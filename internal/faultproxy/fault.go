package faultproxy

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Fault says which requests are struck, and by what.
type Fault struct {
	Op    Op     // Any: every operation that Kind can strike
	Kind  Kind   // what happens
	Skip  int    // leave that many matching requests alone first
	Times int    // then strike that many in a row; 0 means 1, negative means without end
	Match string // only blobs whose name contains this; for List, the prefix asked for
	Seed  uint64 // picks the byte that a Flip kind changes
}

// Armed is a fault, or a random share of faults, that has been armed. Its methods may be called
// concurrently and after the proxy was closed.
type Armed struct {
	proxy  *Proxy
	fault  Fault
	random *lottery // instead of fault.Kind, if not nil
	first  chan struct{}

	// Guarded by proxy.mu.
	seen   int
	struck int
	kinds  map[string]int // struck by the name of the kind
	fired  bool           // first is closed
	late   []int
}

// Arm arms a fault. It panics if the fault can never strike, as FlipRequest on Get.
func (p *Proxy) Arm(f Fault) *Armed {
	switch {
	case f.Kind.toTarget == nil:
		panic("faultproxy: a fault without a kind")
	case f.Kind.needAccount && p.service.account == nil:
		panic(fmt.Sprintf("faultproxy: %v needs WithAccount", f.Kind))
	case f.Op != Any && !f.Kind.Strikes(f.Op):
		panic(fmt.Sprintf("faultproxy: %v never strikes %v", f.Kind, f.Op))
	}
	if f.Times == 0 {
		f.Times = 1
	}
	return p.arm(&Armed{proxy: p, fault: f})
}

func (p *Proxy) arm(a *Armed) *Armed {
	a.first, a.kinds = make(chan struct{}), map[string]int{}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = append(p.armed, a)
	return a
}

// Disarm takes back every fault. Requests that were struck before stay struck: a stalled one
// remains stalled, a late one is still carried out.
func (p *Proxy) Disarm() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
}

// Struck is how many requests the fault has struck so far.
func (a *Armed) Struck() int {
	a.proxy.mu.Lock()
	defer a.proxy.mu.Unlock()
	return a.struck
}

// StruckByKind is Struck for each kind by its name, without those that have not struck.
func (a *Armed) StruckByKind() map[string]int {
	a.proxy.mu.Lock()
	defer a.proxy.mu.Unlock()
	return maps.Clone(a.kinds)
}

// Wait returns nil once the fault has struck for the first time, or the context's error.
// The struck request may be anywhere between its arrival and its end then.
func (a *Armed) Wait(ctx context.Context) error {
	select {
	case <-a.first:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("faultproxy: %v has not struck: %w", a, context.Cause(ctx))
	}
}

// LateStatuses are the statuses that the service gave to requests which [Late] had held back,
// in the order of the answers; 0 for one that could not be sent.
func (a *Armed) LateStatuses() []int {
	a.proxy.mu.Lock()
	defer a.proxy.mu.Unlock()
	return slices.Clone(a.late)
}

// String names the fault, for error messages.
func (a *Armed) String() string {
	if a.random != nil {
		return a.random.String()
	}
	op := a.fault.Op
	if op == Any {
		op = "any operation"
	}
	s := fmt.Sprintf("%v on %v", a.fault.Kind, op)
	if a.fault.Match != "" {
		s += fmt.Sprintf(" of a blob like %q", a.fault.Match)
	}
	if a.fault.Skip > 0 {
		s += fmt.Sprintf(" after %d", a.fault.Skip)
	}
	return s
}

// strike is one strike of a fault on one request.
type strike struct {
	Kind
	by   *Armed
	seed uint64
}

// choose asks the armed faults in turn whether one strikes this request.
func (p *Proxy) choose(op Op, blob string, r *http.Request) *strike {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.armed {
		kind, ok := a.claim(op, blob, r)
		if !ok {
			continue
		}
		a.struck++
		a.kinds[kind.name]++
		if !a.fired {
			a.fired = true
			close(a.first)
		}
		return &strike{Kind: kind, by: a, seed: a.fault.Seed + uint64(a.struck)}
	}
	return nil
}

// claim reports whether the fault strikes this request. The caller holds proxy.mu.
func (a *Armed) claim(op Op, blob string, r *http.Request) (Kind, bool) {
	if a.random != nil {
		return a.random.draw(op, r)
	}
	f := a.fault
	if f.Op != Any && f.Op != op || !f.Kind.fits(op, r) || !strings.Contains(blob, f.Match) {
		return Kind{}, false
	}
	if f.Times > 0 && a.struck >= f.Times {
		return Kind{}, false
	}
	a.seen++
	return f.Kind, a.seen > f.Skip
}

func (s *strike) recordLate(status int) {
	s.by.proxy.mu.Lock()
	defer s.by.proxy.mu.Unlock()
	s.by.late = append(s.by.late, status)
}
