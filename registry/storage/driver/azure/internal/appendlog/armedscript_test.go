package appendlog

import (
	"slices"
	"strings"
	"testing"
)

// armedScript is a script with a list of steps per call. When a list is used up, its calls go well. A test whose armed
// steps didn't all strike fails.
type armedScript struct {
	onAppend, onSize, onRead []step
}

func (s *armedScript) pick(c call, options []step) step {
	list := map[call]*[]step{appendCall: &s.onAppend, sizeCall: &s.onSize, readCall: &s.onRead}[c]
	if len(*list) == 0 {
		return ok
	}
	picked := (*list)[0]
	if !slices.Contains(options, picked) {
		panic(picked.String() + " can't happen at this " + c.String())
	}
	*list = (*list)[1:]
	return picked
}

// rig is a Log on a fakeBlob, and what it said and did.
type rig struct {
	*Log
	blob   *fakeBlob
	budget *countingBudget
	events []Event
}

// newRig returns a rig whose blob holds stored, and whose stream goes on with whatever the test appends.
func newRig(t *testing.T, stored string, s *armedScript) *rig {
	t.Helper()
	b := &rig{
		blob:   &fakeBlob{stored: []byte(stored), stream: alphabet, script: s},
		budget: &countingBudget{retries: 3},
	}
	b.Log = New(b.blob, "a/blob", int64(len(stored)), b.budget, func(e Event) { b.events = append(b.events, e) })
	t.Cleanup(func() {
		if n := len(s.onAppend) + len(s.onSize) + len(s.onRead); n > 0 {
			t.Errorf("%d armed steps never struck: %+v", n, *s)
		}
	})
	return b
}

// wantStored fails the test unless exactly these bytes are stored and the verified end is as given.
func (b *rig) wantStored(t *testing.T, stored string, end int64) {
	t.Helper()
	if string(b.blob.stored) != stored {
		t.Errorf("stored %.60q, want %.60q", b.blob.stored, stored)
	}
	if b.End() != end {
		t.Errorf("verified end %d, want %d", b.End(), end)
	}
}

// wantCalls fails the test unless the Log made exactly these calls, in this order.
func (b *rig) wantCalls(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, d := range b.blob.trace {
		if d.step < foreignBytes {
			got = append(got, strings.TrimSuffix(d.String(), ": "+d.step.String()))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("calls\n%q, want\n%q", got, want)
	}
}

// wantEvents fails the test unless these were the kinds of the events.
func (b *rig) wantEvents(t *testing.T, want ...EventKind) {
	t.Helper()
	var got []EventKind
	for _, e := range b.events {
		got = append(got, e.Kind)
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %v, want %v", got, want)
	}
}
