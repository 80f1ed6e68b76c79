package history

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// timeline is what was stored at each path at each time.
type timeline struct {
	changes map[string][]Change // by path, in the order of time
	paths   []string            // sorted
}

func newTimeline(changes []Change) timeline {
	t := timeline{changes: map[string][]Change{}}
	for _, c := range changes {
		t.changes[c.Path] = append(t.changes[c.Path], c)
	}
	t.paths = slices.Sorted(maps.Keys(t.changes))
	return t
}

// at is the state just before a time.
func (t timeline) at(path string, when time.Duration) State {
	var s State
	for _, c := range t.changes[path] {
		if c.At >= when {
			break
		}
		s = c.State
	}
	return s
}

// during yields the states of a path from a moment on to another, both
// included.
func (t timeline) during(path string, from, to time.Duration) iter.Seq[State] {
	return func(yield func(State) bool) {
		if !yield(t.at(path, from)) {
			return
		}
		for _, c := range t.changes[path] {
			if c.At < from {
				continue
			}
			if c.At > to || !yield(c.State) {
				return
			}
		}
	}
}

// ever tells whether a state of a path satisfies a condition at a moment
// between two times, both included.
func (t timeline) ever(path string, from, to time.Duration, condition func(State) bool) bool {
	for s := range t.during(path, from, to) {
		if condition(s) {
			return true
		}
	}
	return false
}

// always is ever's counterpart.
func (t timeline) always(path string, from, to time.Duration, condition func(State) bool) bool {
	return !t.ever(path, from, to, func(s State) bool { return !condition(s) })
}

// changed tells whether a path changed between two times.
func (t timeline) changed(path string, from, to time.Duration) bool {
	return slices.ContainsFunc(t.changes[path], func(c Change) bool { return c.At >= from && c.At <= to })
}

// below yields the paths of the blobs in a folder, at any depth.
func (t timeline) below(folder string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, path := range t.paths {
			if within(folder, path) && !yield(path) {
				return
			}
		}
	}
}

// within tells whether a path lies in a folder. The root is "/".
func within(folder, path string) bool {
	return strings.HasPrefix(path, strings.TrimSuffix(folder, "/")+"/")
}
