package appendlog

import (
	"fmt"
	"slices"
)

// chooser picks one of n ways to go on, 0 to n-1. 0 is always the way without a fault.
type chooser interface {
	choose(n int) int
}

// treeWalk is a chooser that takes every way through a decision tree once, whose shape shows only as it is walked:
// the first ways are taken down to a leaf; then next turns to the way not yet taken that is nearest to the leaf.
type treeWalk struct {
	path  []fork
	depth int
}

type fork struct{ taken, ways int }

func (w *treeWalk) choose(n int) int {
	if w.depth == len(w.path) {
		w.path = append(w.path, fork{0, n})
	}
	f := w.path[w.depth]
	if f.ways != n {
		panic(fmt.Sprintf("the run isn't deterministic: %d ways at depth %d, %d before", n, w.depth, f.ways))
	}
	w.depth++
	return f.taken
}

// next prepares the walk to another leaf. It returns false when all have been reached.
func (w *treeWalk) next() bool {
	for w.depth = 0; len(w.path) > 0; w.path = w.path[:len(w.path)-1] {
		last := &w.path[len(w.path)-1]
		if last.taken++; last.taken < last.ways {
			return true
		}
	}
	return false
}

// byteChoices is a chooser that reads its choices from bytes. When they are used up there are no more faults.
type byteChoices struct{ rest []byte }

func (c *byteChoices) choose(n int) int {
	if len(c.rest) == 0 || n == 1 {
		return 0
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return int(b) % n
}

// faultScript is a script that offers a chooser everything that can happen at every call, until so many faults have
// been chosen. A held request that lands is no fault of its own.
type faultScript struct {
	chooser chooser
	faults  int    // left
	without []step // never offered
	offered []step // reused
}

func (s *faultScript) pick(_ call, options []step) step {
	s.offered = s.offered[:0]
	for _, o := range options {
		if o == ok || o >= land || s.faults > 0 && !slices.Contains(s.without, o) {
			s.offered = append(s.offered, o)
		}
	}
	picked := s.offered[s.chooser.choose(len(s.offered))]
	if picked != ok && picked < land {
		s.faults--
	}
	return picked
}
