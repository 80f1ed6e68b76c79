package history

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// read checks what an operation says of what is stored.
func (c *checker) read(o Operation) {
	switch o.Kind {
	case Get:
		c.get(o)
	case Stat:
		c.stat(o)
	case List:
		c.list(o)
	case Move:
		if o.Outcome == NotFound && c.always(o.Path, o.Call, o.Return, there) {
			c.missed(o)
		}
	}
}

func (c *checker) get(o Operation) {
	if o.Outcome == NotFound {
		if c.always(o.Path, o.Call, o.Return, there) {
			c.missed(o)
		}
		return
	}
	// What came before an error must be part of one version, too.
	if o.Outcome == Failed && len(o.Data) == 0 {
		return
	}
	gave := func(s State) bool {
		rest := s.Data[min(o.Offset, int64(len(s.Data))):]
		return s.there() && (bytes.Equal(rest, o.Data) || o.Outcome == Failed && bytes.HasPrefix(rest, o.Data))
	}
	if !c.ever(o.Path, o.Call, o.Return, gave) {
		c.violate("a read gave what was never stored", o.Path, o.Return, "%s", o)
	}
}

func (c *checker) stat(o Operation) {
	switch {
	case o.Outcome == OK && o.Folder:
		if !c.everBelow(o, o.Path) {
			c.violate("a folder without content", o.Path, o.Return, "%s", o)
		}
	case o.Outcome == OK:
		size := func(s State) bool { return s.there() && int64(len(s.Data)) == o.Size }
		if !c.ever(o.Path, o.Call, o.Return, size) {
			c.violate("a read gave what was never stored", o.Path, o.Return, "%s", o)
		}
	case o.Outcome == NotFound:
		if c.always(o.Path, o.Call, o.Return, there) || c.steadyBelow(o, o.Path) != "" {
			c.missed(o)
		}
	}
}

func (c *checker) list(o Operation) {
	if o.Outcome == Failed {
		return
	}
	for _, name := range o.Names {
		present := func(s State) bool { return s.Present }
		if !c.ever(name, o.Call, o.Return, present) && !c.everBelow(o, name) {
			c.violate("a listing shows what was never stored", name, o.Return, "%s", o)
		}
	}
	for path := range c.below(o.Path) {
		child := childOf(o.Path, path)
		if c.always(path, o.Call, o.Return, there) && !slices.Contains(o.Names, child) {
			c.violate("a listing misses what is stored", path, o.Return, "%s", o)
		}
	}
}

// everBelow tells whether a folder had content at a moment of the operation.
func (c *checker) everBelow(o Operation, folder string) bool {
	from := o.Call
	if c.directories {
		from = c.deleting(o, folder)
	}
	for path := range c.below(folder) {
		if c.ever(path, from, o.Return, func(s State) bool { return s.Present }) {
			return true
		}
	}
	return false
}

// deleting is when the first of the deletes of a folder began that were under way during the operation, or when that
// did.
func (c *checker) deleting(o Operation, folder string) time.Duration {
	from := o.Call
	for _, d := range c.operations {
		if d.Kind == Delete && (d.Path == folder || within(d.Path, folder) || within(folder, d.Path)) && d.Return >= o.Call && d.Call <= o.Return {
			from = min(from, d.Call)
		}
	}
	return from
}

// steadyBelow is a blob in a folder that was there all through the operation.
func (c *checker) steadyBelow(o Operation, folder string) string {
	for path := range c.below(folder) {
		if c.always(path, o.Call, o.Return, there) {
			return path
		}
	}
	return ""
}

func (c *checker) missed(o Operation) {
	c.violate("a read missed what is stored", o.Path, o.Return, "%s", o)
}

// childOf is the path of the entry directly in folder under which path lies.
func childOf(folder, path string) string {
	base := strings.TrimSuffix(folder, "/") + "/"
	name, _, _ := strings.Cut(path[len(base):], "/")
	return base + name
}
