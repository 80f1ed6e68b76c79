package history

import (
	"bytes"
	"slices"
)

// explain looks for the operation whose effect a change is.
func (c *checker) explain(before State, change Change) {
	if !before.there() && !change.there() {
		return // nobody can see a difference
	}
	var older *Operation
	for i := range c.operations {
		o := &c.operations[i]
		if o.Call > change.At || !o.fits(before, change) || !o.inTime(before, change) {
			continue
		}
		newer := c.undone(o, before, change)
		if newer == nil {
			return
		}
		older = newer
	}
	if older != nil {
		c.violate("something late undid something newer", change.Path, change.At,
			"%s becomes %s after %s", before, change.State, older)
		return
	}
	c.violate("a change that nobody asked for", change.Path, change.At, "%s becomes %s", before, change.State)
}

// fits tells whether a change can be an effect of the operation.
func (o *Operation) fits(before State, change Change) bool {
	switch o.Kind {
	case Put:
		return o.Path == change.Path && (holds(o.Data)(change.State) || o.empties(before, change))
	case Delete:
		return (o.Path == change.Path || within(o.Path, change.Path)) && !change.Present
	case Cancel:
		return o.Path == change.Path && !change.Present
	case Move:
		return o.To == change.Path && (holds(o.Data)(change.State) || o.empties(before, change)) ||
			o.Path == change.Path && !change.Present
	case Open:
		return o.Path == change.Path && (!change.Present || change.there() && len(change.Data) == 0 || o.extends(before, change))
	case Resume, Write, Close, Commit:
		return o.Path == change.Path && o.extends(before, change)
	}
	return false
}

// empties tells whether a copy begins at its destination. The service empties that until the
// copy is complete, so it is allowed if what was there is something else than what
// is copied. Nothing is deleted in order to be replaced.
func (o *Operation) empties(before State, change Change) bool {
	return before.there() && change.Present && !change.Complete && !bytes.Equal(before.Data, o.Data)
}

// extends tells whether a change goes on with the operation's upload: more of
// the same stream, and no more than was given to the writer.
func (o *Operation) extends(before State, change Change) bool {
	stored := change.Data
	return before.there() && change.there() && len(stored) > len(before.Data) &&
		int64(len(stored)) <= o.Offered &&
		bytes.HasPrefix(o.Data, stored) && bytes.HasPrefix(stored, before.Data)
}

// inTime tells whether the operation may still have effects.
func (o *Operation) inTime(before State, change Change) bool {
	switch {
	case change.At <= o.Return, o.Outcome != OK:
		return true
	case o.extends(before, change):
		return true // what was written is sent when the writer sees fit
	default:
		return o.creates(before, change)
	}
}

// creates tells whether the operation makes a blob where there is none, which
// the service's conditions can't keep from happening again.
func (o *Operation) creates(before State, change Change) bool {
	return !before.there() && change.there() && (o.Kind == Put || o.Kind == Move || o.Kind == Open)
}

// undone returns an acknowledged operation that was called after o had returned
// and whose effect the change would undo, if it were o's.
func (c *checker) undone(o *Operation, before State, change Change) *Operation {
	if o.creates(before, change) || o.extends(before, change) {
		return nil
	}
	for i := range c.operations {
		n := &c.operations[i]
		if n.Outcome != OK || n.Call < o.Return || n.Call >= change.At {
			continue
		}
		effect := n.effect(change.Path)
		if effect != nil && !effect(change.State) && c.before(n, change, effect) {
			return n
		}
	}
	return nil
}

// before tells whether an operation's effect must have come before a change,
// because the path satisfied it only until then.
func (c *checker) before(n *Operation, change Change, effect func(State) bool) bool {
	if change.At > n.Return {
		return true
	}
	again := slices.ContainsFunc(c.changes[change.Path], func(later Change) bool {
		return later.At > change.At && later.At <= n.Return && effect(later.State)
	})
	return !again && c.ever(change.Path, n.Call, change.At-1, effect)
}

// effect is what must have been true of a path at a moment of the operation, or
// nil if the operation doesn't change the path.
func (o *Operation) effect(path string) func(State) bool {
	switch {
	case o.Kind == Put && o.Path == path, o.Kind == Move && o.To == path:
		return holds(o.Data)
	case o.Kind == Move && o.Path == path, o.Kind == Cancel && o.Path == path:
		return absent
	case o.Kind == Delete && (o.Path == path || within(o.Path, path)):
		return absent
	case o.Kind == Open && o.Path == path:
		return there
	case o.Kind == Commit && o.Path == path:
		return holds(o.Data[:o.Offered])
	case o.Kind == Close && o.Path == path:
		// A larger block of an earlier writer may have landed late.
		return func(s State) bool { return s.there() && bytes.HasPrefix(s.Data, o.Data[:o.Offered]) }
	}
	return nil
}
