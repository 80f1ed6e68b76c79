package azure

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/history"
)

// causes is what happened to the requests of each call, to tell whether its error has a cause: an error is given
// only when the service really refuses, someone else wrote, the client went away, or the budget is spent.
type causes struct {
	mu     sync.Mutex
	byCall map[string]*suffered
}

// suffered is what happened to the requests of a call.
type suffered struct {
	refused bool // by the service, for good as far as the call goes
	faults  int  // that cost an attempt
	slots   int  // that requests took or were lost
}

func newCauses() *causes { return &causes{byCall: map[string]*suffered{}} }

// What a call has to live through at least: one of each half of the attempts and of the time that the
// configuration of newReplica allows.
const (
	simFaultsToBear = 3
	simSlotsToBear  = 25
)

func (c *causes) saw(e blobsim.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.byCall[e.Caller]
	if s == nil {
		s = &suffered{}
		c.byCall[e.Caller] = s
	}
	s.slots += e.Plan.Delay - 1 + e.Plan.CopyFor
	if e.Plan.CopyFails && e.Plan.CopyFor > 0 {
		s.faults++
	}
	switch e.Plan.Fault {
	case blobsim.NoFault:
		return
	case blobsim.Refused:
		s.refused = true
	}
	s.faults++
	s.slots += e.Plan.Wait
	if e.Plan.Told == blobsim.Stalled {
		s.slots += 10
	}
}

// check looks for errors without a cause.
func (c *causes) check(h history.History) (violations []history.Violation) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, o := range h.Operations {
		if o.Outcome != history.Failed || o.Client == auditor || o.HungUp || disturbed(h, i) || leased(o) {
			continue
		}
		s := c.byCall[o.Caller]
		if s != nil && (s.refused || s.faults > simFaultsToBear || s.slots > simSlotsToBear) {
			continue
		}
		violations = append(violations, history.Violation{
			Rule: "an error without cause", Path: o.Path, At: o.Return, Text: fmt.Sprintf("%s, which suffered %+v", o, s),
		})
	}
	return violations
}

// leased tells whether somebody's lease is named as the cause.
func leased(o history.Operation) bool { return strings.Contains(o.Err, "LeaseIdMissing") }

// lateness is how long after a call something of it may still be carried out.
const lateness = 500 * time.Second

// disturbed tells whether another call, or what is left of one, was about the same blobs at the time.
func disturbed(h history.History, i int) bool {
	o := h.Operations[i]
	for j, other := range h.Operations {
		if i == j || other.Caller == o.Caller || other.Call > o.Return || other.Return+lateness < o.Call {
			continue
		}
		if changes(other.Kind) && related(o, other) {
			return true
		}
	}
	return false
}

func changes(k history.Kind) bool {
	return k != history.Get && k != history.Stat && k != history.List
}

func related(a, b history.Operation) bool {
	for _, p := range []string{a.Path, a.To} {
		for _, q := range []string{b.Path, b.To} {
			if p != "" && q != "" && (p == q || strings.HasPrefix(p, q+"/") || strings.HasPrefix(q, p+"/")) {
				return true
			}
		}
	}
	return false
}
