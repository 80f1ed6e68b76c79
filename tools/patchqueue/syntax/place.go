package syntax

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
)

// locate finds the place that an edit names below root.
func (f *file) locate(e Edit, root ast.Node) (ast.Node, error) {
	if e.Within != "" {
		within := Edit{Statement: e.Within}
		inner, err := f.locate(within, root)
		if err != nil {
			return nil, fmt.Errorf("within: %w", err)
		}
		root = inner
	}
	var found []ast.Node
	add := func(n ast.Node) {
		if n != nil && !slices.Contains(found, n) {
			found = append(found, n)
		}
	}
	what, visit, err := visitor(e, add)
	if err != nil {
		return nil, err
	}
	walk(root, visit)
	return f.choose(e, what, found, root)
}

// visitor returns what looks for an edit's place while a tree is walked.
func visitor(e Edit, add func(ast.Node)) (what string, visit func(match), err error) {
	var p pattern
	code := func(text string) {
		if text != "default" || e.Case == "" {
			p, err = parsePattern(text)
		}
	}
	switch {
	case e.Statement != "":
		code(e.Statement)
		return "statement", func(m match) {
			if p.fits(m.node()) {
				if s := m.statement(); s != nil {
					add(s)
				}
			}
		}, err
	case e.Expression != "":
		code(e.Expression)
		return "expression", func(m match) {
			if p.fits(m.node()) {
				add(m.node())
			}
		}, err
	case e.Case != "":
		code(e.Case)
		return "case", func(m match) {
			if isCase(m.node(), e.Case, p) {
				add(m.node())
			}
		}, err
	case e.Field != "":
		return "field", func(m match) {
			if isField(m, e.Field) {
				add(m.node())
			}
		}, nil
	default:
		code(e.Element)
		return "element", func(m match) { elements(m.node(), p, add) }, err
	}
}

// isCase reports whether a node is the case of a switch or select with the
// given expression, or its default.
func isCase(n ast.Node, name string, p pattern) bool {
	switch n := n.(type) {
	case *ast.CaseClause:
		if name == "default" {
			return n.List == nil
		}
		return slices.ContainsFunc(n.List, func(x ast.Expr) bool { return p.fits(x) })
	case *ast.CommClause:
		if name == "default" {
			return n.Comm == nil
		}
		found := false
		if n.Comm != nil {
			walk(n.Comm, func(m match) { found = found || p.fits(m.node()) })
		}
		return found
	}
	return false
}

// isField reports whether the end of a way is a struct's field, a method of an
// interface, or a constant or variable with the given name. What is embedded
// has its type's name.
func isField(m match, name string) bool {
	switch n := m.node().(type) {
	case *ast.ValueSpec:
		return slices.ContainsFunc(n.Names, func(i *ast.Ident) bool { return i.Name == name })
	case *ast.TypeSpec:
		return n.Name.Name == name
	case *ast.Field:
		if len(m) < 3 {
			return false
		}
		switch m[len(m)-3].(type) {
		case *ast.StructType, *ast.InterfaceType:
		default:
			return false // a parameter
		}
		if len(n.Names) == 0 {
			return types.ExprString(n.Type) == name
		}
		return slices.ContainsFunc(n.Names, func(i *ast.Ident) bool { return i.Name == name })
	}
	return false
}

// elements adds those elements of a composite literal, or arguments of a call,
// that are the pattern or have it as their key.
func elements(n ast.Node, p pattern, add func(ast.Node)) {
	var list []ast.Expr
	switch n := n.(type) {
	case *ast.CompositeLit:
		list = n.Elts
	case *ast.CallExpr:
		list = n.Args
	}
	for _, x := range list {
		if pair, ok := x.(*ast.KeyValueExpr); p.fits(x) || ok && p.fits(pair.Key) {
			add(x)
		}
	}
}
