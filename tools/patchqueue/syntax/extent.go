package syntax

import (
	"bytes"
	"go/ast"
)

// extent is where something stands in the text: from start to end without its
// comments, from lead to trail with them.
type extent struct{ lead, start, end, trail int }

// extent finds the comment that ends on the line above a node, and one that
// follows on its last line. Nodes that have a doc comment of their own have it
// there as well.
func (f *file) extent(n ast.Node) extent {
	s := f.span(n)
	e := extent{s.start, s.start, s.end, s.end}
	above := f.set.Position(n.Pos()).Line - 1
	last := f.set.Position(n.End()).Line
	for _, group := range f.tree.Comments {
		c := f.span(group)
		switch {
		case c.end <= s.start && f.set.Position(group.End()).Line == above && f.ownLine(c.start) && f.ownLine(s.start):
			e.lead = c.start
		case c.start >= s.end && f.set.Position(group.Pos()).Line == last && blankOrComma(f.text[s.end:c.start]):
			e.trail = c.end
		}
	}
	return e
}

// ownLine reports whether nothing stands before a place on its line.
func (f *file) ownLine(at int) bool {
	line := f.text[bytes.LastIndexByte(f.text[:at], '\n')+1 : at]
	return len(bytes.TrimSpace(line)) == 0
}

func blankOrComma(text []byte) bool { return len(bytes.Trim(text, " \t,")) == 0 }

// lines widens a span to the whole lines it fills, if it fills them.
func lines(text []byte, s span) span {
	start := bytes.LastIndexByte(text[:s.start], '\n') + 1
	if len(bytes.TrimSpace(text[start:s.start])) > 0 {
		return s
	}
	rest, _, more := bytes.Cut(text[s.end:], []byte("\n"))
	if len(bytes.TrimSpace(rest)) > 0 {
		return s
	}
	end := s.end + len(rest)
	if more {
		end++
	}
	return span{start, end}
}
