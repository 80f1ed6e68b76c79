package faultproxy

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// logSize is how many of the last requests are remembered.
const logSize = 1000

// Entry is what became of one request.
type Entry struct {
	Time     time.Time // of its arrival
	Method   string
	Op       Op
	Blob     string // its name within the container; for List, the prefix asked for
	Status   int    // as the client saw it; 0 if it saw none (yet)
	BytesIn  int64  // of the request's body, as far as it was read
	BytesOut int64  // of the response's body, as far as it was sent
	Fault    string // the kind that struck; "" for none
	Err      error  // what went wrong without a fault, as a client that hung up
}

// String is one line for a test's log.
func (e Entry) String() string {
	s := fmt.Sprintf("%s %-6s %-6s %d in=%d out=%d %s", e.Time.Format("15:04:05.000"), e.Method, e.Op, e.Status, e.BytesIn, e.BytesOut, e.Blob)
	if e.Fault != "" {
		s += " fault=" + e.Fault
	}
	if e.Err != nil {
		s += fmt.Sprintf(" err=%q", e.Err)
	}
	return s
}

// record notes the arrival of a request and returns its entry, to be changed
// through [Proxy.amend] only.
func (p *Proxy) record(e Entry) *Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[e.Op]++
	if len(p.log) == logSize {
		p.log = append(p.log[:0], p.log[1:]...)
	}
	p.log = append(p.log, &e)
	return &e
}

func (p *Proxy) amend(change func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
}

// Requests counts the requests that have arrived, by operation, struck ones included.
func (p *Proxy) Requests() map[Op]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.counts)
}

// Total is the number of requests that have arrived.
func (p *Proxy) Total() int {
	total := 0
	for _, n := range p.Requests() {
		total += n
	}
	return total
}

// Log lists the last requests (up to 1000), oldest first.
func (p *Proxy) Log() []Entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	entries := make([]Entry, len(p.log))
	for i, e := range p.log {
		entries[i] = *e
	}
	return entries
}

// ResetCounts forgets the counted and listed requests. Armed faults are left as they are.
func (p *Proxy) ResetCounts() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.counts)
	p.log = nil
}

// dump is the end of the log as text.
func (p *Proxy) dump(lines int) string {
	entries := p.Log()
	entries = entries[max(0, len(entries)-lines):]
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintln(&b, e)
	}
	return b.String()
}
