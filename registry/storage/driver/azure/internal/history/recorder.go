package history

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Recorder gathers a History. Safe for concurrent use.
type Recorder struct {
	start time.Time

	mu      sync.Mutex
	history History
}

// NewRecorder counts time from start.
func NewRecorder(start time.Time) *Recorder {
	return &Recorder{start: start}
}

// Now is the time since the start.
func (r *Recorder) Now() time.Duration { return time.Since(r.start) }

// Do records a call: it fills in the times around call, which fills in the rest.
func (r *Recorder) Do(o Operation, call func(*Operation)) Operation {
	o.Call = r.Now()
	call(&o)
	o.Return = r.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Operations = append(r.history.Operations, o)
	return o
}

// Changed records a change in the storage; scratch: of a blob of the driver's own.
func (r *Recorder) Changed(at time.Time, path string, s State, scratch bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.history.Changes = append(r.history.Changes, Change{At: at.Sub(r.start), Path: path, State: s, Scratch: scratch})
}

// History is what was recorded so far, the operations in the order of their
// calls; those of the same moment by client.
func (r *Recorder) History() History {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := History{Operations: slices.Clone(r.history.Operations), Changes: slices.Clone(r.history.Changes)}
	slices.SortStableFunc(h.Operations, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Call, b.Call), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Return, b.Return))
	})
	return h
}
