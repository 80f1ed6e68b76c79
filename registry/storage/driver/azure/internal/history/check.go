package history

import (
	"bytes"
	"fmt"
	"time"
)

// checker gathers violations.
type checker struct {
	timeline
	operations []Operation

	directories bool
	violations  []Violation
}

// Check returns everything in a history that must never be.
func Check(h History) []Violation {
	c := &checker{timeline: newTimeline(h.Changes), operations: h.Operations, directories: h.Directories}
	for _, path := range c.paths {
		before := State{}
		for _, change := range c.changes[path] {
			if change.At > 0 && !change.Scratch {
				c.explain(before, change)
			}
			before = change.State
		}
	}
	for _, o := range h.Operations {
		c.acknowledged(o)
		c.read(o)
	}
	return c.violations
}

func (c *checker) violate(rule, path string, at time.Duration, format string, args ...any) {
	c.violations = append(c.violations, Violation{Rule: rule, Path: path, At: at, Text: fmt.Sprintf(format, args...)})
}

// holds is the condition that a path holds just these bytes.
func holds(data []byte) func(State) bool {
	return func(s State) bool { return s.there() && bytes.Equal(s.Data, data) }
}

func there(s State) bool  { return s.there() }
func absent(s State) bool { return !s.there() }
