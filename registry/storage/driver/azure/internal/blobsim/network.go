package blobsim

import (
	"context"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// Slot is the unit of the network's time.
	Slot = time.Second
	// Spread is the part of a slot, from its start, in which requests arrive.
	Spread = 200 * time.Millisecond
	// Patience is when a client's connection gives up waiting for an answer
	// that doesn't come, if its context doesn't end before.
	Patience = 300 * Slot
)

// Event is a request that was carried out or lost, for a trace.
type Event struct {
	At time.Time
	Request
	Plan   Plan
	Status int // what the service answered, 0 if it wasn't asked
}

// Struck counts the faults that had an effect.
type Struck struct {
	Operation Operation
	Fault     Fault
}

// Network carries requests to a Service. Safe for concurrent use, except for
// its exported fields, which must be set before the first request.
type Network struct {
	// Trace, if set, is told of every event, in the order of time.
	Trace func(Event)

	mu       sync.Mutex
	service  *Service
	schedule Schedule
	counts   map[Request]int
	due      []pending // sorted by time
	struck   map[Struck]int
	meddled  int
}

// pending is something that will happen.
type pending struct {
	at    time.Time
	order uint64 // among those at the same time
	do    func(time.Time)
}

// NewNetwork connects to a service.
func NewNetwork(service *Service, schedule Schedule) *Network {
	n := &Network{service: service, schedule: schedule, counts: map[Request]int{}, struck: map[Struck]int{}}
	service.after = func(at time.Time, do func(time.Time)) {
		n.later(pending{at: at, do: do})
	}
	return n
}

// RoundTrip implements http.RoundTripper.
func (n *Network) RoundTrip(req *http.Request) (*http.Response, error) {
	r, err := parse(req)
	if err != nil {
		return nil, err
	}
	sent := n.send(req.Context(), r)
	if err := wait(req.Context(), time.Until(sent.arrival)); err != nil {
		return nil, err
	}
	n.until(sent.arrival)
	return sent.deliver(req)
}

// Drain lets everything happen that is still due, however late.
func (n *Network) Drain() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.due) > 0 {
		n.next()
	}
}

// SetSchedule changes what happens to the requests sent from now on.
func (n *Network) SetSchedule(schedule Schedule) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.schedule = schedule
}

// Struck returns how often which fault struck which operation.
func (n *Network) Struck() map[Struck]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.struck)
}

// Meddled returns how often somebody else did something to a blob.
func (n *Network) Meddled() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.meddled
}

// send puts the request on its way.
func (n *Network) send(ctx context.Context, r *request) *exchange {
	n.mu.Lock()
	defer n.mu.Unlock()
	key := Request{Caller: CallerOf(ctx), Operation: r.op, Name: r.name}
	if r.op == ListBlobs {
		key.Name = r.query.Get("prefix")
	}
	key.Name, _ = WithoutScratch(key.Name)
	x := &exchange{network: n, request: r}
	x.what = key
	x.what.Count = n.counts[key]
	n.counts[key]++
	x.what.Size = len(r.body)
	r.plan = n.schedule(x.what)
	x.order = x.what.hash()
	slot := time.Now().Truncate(Slot).Add(time.Duration(max(1, r.plan.Delay)) * Slot)
	x.arrival = slot.Add(time.Duration(x.order % uint64(Spread)))
	n.later(pending{at: x.arrival, order: x.order, do: x.arrive})
	return x
}

// until lets happen what is due until then.
func (n *Network) until(t time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.due) > 0 && !n.due[0].at.After(t) {
		n.next()
	}
}

func (n *Network) next() {
	first := n.due[0]
	n.due = n.due[1:]
	first.do(first.at)
}

func (n *Network) later(p pending) {
	i, _ := slices.BinarySearchFunc(n.due, p, func(a, b pending) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		if a.order <= b.order { // an equal one that is already there goes first
			return -1
		}
		return 1
	})
	n.due = slices.Insert(n.due, i, p)
}

var scratch = regexp.MustCompile(`%(new|put)-[0-9a-f]+`)

// WithoutScratch is a name without what the driver draws at random for a blob that exists for a moment, so that
// a run can be replayed, and whether there was any.
func WithoutScratch(name string) (string, bool) {
	plain := scratch.ReplaceAllString(name, "%$1")
	return plain, plain != name
}

// parse reads the request as a server would.
func parse(req *http.Request) (*request, error) {
	r := &request{op: OperationOf(req), query: req.URL.Query(), header: canonical(req.Header)}
	r.container, r.name = splitPath(req.URL)
	r.name = Names(r.name)
	if req.Body == nil {
		return r, nil
	}
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.body = body
	return r, req.Body.Close()
}

// wait sleeps unless ctx ends before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// String is one line of a trace.
func (e Event) String() string {
	var b strings.Builder
	writeEvent(&b, e)
	return b.String()
}
