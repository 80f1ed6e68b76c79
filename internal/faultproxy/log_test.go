package faultproxy

import (
	"maps"
	"strings"
	"testing"
)

func TestRequestsAreCounted(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Append, Kind: ServerBusyBefore})
	statuses(t, p, Append, Append, Get, List)
	if got, want := p.Requests(), (map[Op]int{Append: 2, Get: 1, List: 1}); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if p.Total() != 4 {
		t.Errorf("total: %d", p.Total())
	}
	p.ResetCounts()
	if p.Total() != 0 || len(p.Log()) != 0 {
		t.Errorf("after ResetCounts: %v %v", p.Requests(), p.Log())
	}
}

func TestLog(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Append, Kind: BadGatewayAfter})
	statuses(t, p, Append, Get, List)
	log := p.Log()
	if len(log) != 3 {
		t.Fatalf("%d entries, want 3", len(log))
	}
	for i, want := range []Entry{
		{Method: "PUT", Op: Append, Blob: "b", Status: 502, BytesIn: int64(len(content)), BytesOut: int64(len(badGateway.Body)), Fault: "BadGatewayAfter"},
		{Method: "GET", Op: Get, Blob: "b", Status: 200, BytesOut: int64(len(b.content))},
		{Method: "GET", Op: List, Blob: "b", Status: 200, BytesOut: int64(len(b.content))},
	} {
		got := log[i]
		if got.Time.IsZero() {
			t.Errorf("entry %d has no time", i)
		}
		got.Time = want.Time
		if got != want {
			t.Errorf("entry %d: got %v, want %v", i, got, want)
		}
	}
	if dump := p.dump(1); !strings.Contains(dump, "List") || strings.Contains(dump, "502") {
		t.Errorf("the last line of the log is %q", dump)
	}
}

func TestLogKeepsTheLastRequests(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	for i := range logSize + 10 {
		p.record(Entry{Op: Other, BytesIn: int64(i)})
	}
	log := p.Log()
	if len(log) != logSize || log[0].BytesIn != 10 || log[logSize-1].BytesIn != logSize+9 {
		t.Errorf("%d entries, from %v to %v", len(log), log[0], log[len(log)-1])
	}
}
