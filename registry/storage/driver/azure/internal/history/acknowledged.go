package history

// acknowledged checks that an operation that returned nil took effect, and that
// an upload's writer doesn't claim more than there is.
func (c *checker) acknowledged(o Operation) {
	if o.Outcome != OK {
		c.resumable(o)
		return
	}
	switch o.Kind {
	case Put, Close, Commit:
		c.took(o, o.Path)
	case Move:
		c.took(o, o.Path)
		c.took(o, o.To)
	case Open:
		if !c.ever(o.Path, o.Call, o.Return, holds(nil)) {
			c.lost(o, o.Path)
		}
	case Resume:
		size := func(s State) bool { return s.there() && int64(len(s.Data)) == o.Size }
		if !c.ever(o.Path, o.Call, o.Return, size) {
			c.violate("an upload resumed at a wrong size", o.Path, o.Return, "%s", o)
		}
	case Delete:
		c.removed(o, o.Path)
		for path := range c.below(o.Path) {
			c.removed(o, path)
		}
	case Cancel:
		c.removed(o, o.Path)
	}
}

// took checks that the operation's effect on a path was there at a moment.
func (c *checker) took(o Operation, path string) {
	if !c.ever(path, o.Call, o.Return, o.effect(path)) {
		c.lost(o, path)
	}
}

// removed checks that the blob that was there when the operation was called
// didn't outlast it. A blob that was written to meanwhile may have come after
// the delete.
func (c *checker) removed(o Operation, path string) {
	if c.at(path, o.Call).there() && !c.changed(path, o.Call, o.Return) {
		c.lost(o, path)
	}
}

func (c *checker) lost(o Operation, path string) {
	c.violate("an acknowledged operation had no effect", path, o.Return, "%s", o)
}

// resumable checks that, after an error, a writer doesn't claim bytes that
// aren't stored: the registry tells its client to go on from there.
func (c *checker) resumable(o Operation) {
	switch o.Kind {
	case Write, Close, Commit:
	default:
		return
	}
	enough := func(s State) bool { return s.there() && int64(len(s.Data)) >= o.Size }
	if o.Size > 0 && !c.ever(o.Path, 0, o.Return, enough) {
		c.violate("a writer claims bytes that aren't stored", o.Path, o.Return, "%s", o)
	}
}
