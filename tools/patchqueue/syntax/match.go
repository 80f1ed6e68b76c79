package syntax

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
)

// match is a place that fits what an edit names: the nodes from the root of
// the search down to the place itself.
type match []ast.Node

func (m match) node() ast.Node { return m[len(m)-1] }

// walk visits every node below root with the way down to it.
func walk(root ast.Node, visit func(m match)) {
	var way match
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			way = way[:len(way)-1]
			return false
		}
		way = append(way, n)
		visit(way)
		return true
	})
}

// pattern is a piece of code to look for: an expression or a statement.
type pattern struct{ node ast.Node }

func parsePattern(code string) (pattern, error) {
	if expr, err := parser.ParseExpr(code); err == nil {
		return pattern{expr}, nil
	}
	tree, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+code+"\n}", parser.SkipObjectResolution)
	if err != nil || len(tree.Decls) != 1 {
		return pattern{}, fmt.Errorf("%q is neither an expression nor a statement", code)
	}
	if body := tree.Decls[0].(*ast.FuncDecl).Body.List; len(body) == 1 {
		return pattern{body[0]}, nil
	}
	return pattern{}, fmt.Errorf("%q is not one statement", code)
}

// fits reports whether a node is the pattern, wherever it stands and however
// its lines are broken.
func (p pattern) fits(n ast.Node) bool {
	return same(reflect.ValueOf(p.node), reflect.ValueOf(n))
}

var (
	position = reflect.TypeFor[token.Pos]()
	comments = reflect.TypeFor[*ast.CommentGroup]()
)

// same compares two syntax trees without positions and comments.
func same(a, b reflect.Value) bool {
	if a.IsValid() != b.IsValid() {
		return false
	}
	if !a.IsValid() {
		return true
	}
	if a.Type() != b.Type() {
		return false
	}
	if a.Type() == position || a.Type() == comments {
		return true
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return same(a.Elem(), b.Elem())
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	default:
		return a.Equal(b)
	}
}

// statement is the innermost statement on a way that stands in a block, a case
// or a closure; nil if there is none.
func (m match) statement() ast.Stmt {
	for i := len(m) - 1; i > 0; i-- {
		s, ok := m[i].(ast.Stmt)
		if ok && isListed(m[i-1], s) {
			return s
		}
	}
	return nil
}

// isListed reports whether a statement is one of those that its parent lists.
// The cases of a switch are no statements in this sense.
func isListed(parent ast.Node, s ast.Stmt) bool {
	var list []ast.Stmt
	switch parent := parent.(type) {
	case *ast.BlockStmt:
		list = parent.List
	case *ast.CaseClause:
		list = parent.Body
	case *ast.CommClause:
		list = parent.Body
	}
	switch s.(type) {
	case *ast.CaseClause, *ast.CommClause:
		return false
	}
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// choose takes the only one of some places, or the one with the edit's number.
func (f *file) choose(e Edit, what string, found []ast.Node, root ast.Node) (ast.Node, error) {
	switch {
	case e.Number > 0 && e.Number <= len(found):
		return found[e.Number-1], nil
	case e.Number == 0 && len(found) == 1:
		return found[0], nil
	case len(found) == 0:
		return nil, fmt.Errorf("nothing matches; the text is\n%s", f.listing([]ast.Node{root}, true))
	case e.Number > 0:
		return nil, fmt.Errorf("%s number %d: there are %d", what, e.Number, len(found))
	default:
		return nil, fmt.Errorf("%d places match (choose by within or number):\n%s", len(found), f.listing(found, false))
	}
}

// listing shows places of the file: their first lines, or all of their lines.
func (f *file) listing(nodes []ast.Node, all bool) string {
	var b strings.Builder
	for _, n := range nodes {
		s := f.span(n)
		text := string(f.text[s.start:s.end])
		if !all {
			text, _, _ = strings.Cut(text, "\n")
		}
		line := f.set.Position(n.Pos()).Line
		for i, l := range strings.Split(text, "\n") {
			fmt.Fprintf(&b, "\t%d: %s\n", line+i, l)
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}
