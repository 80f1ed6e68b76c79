package syntax

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strings"
)

// file is a Go file, as text and as a tree.
type file struct {
	text []byte
	set  *token.FileSet
	tree *ast.File
}

func parse(name string, text []byte) (*file, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, withText(err, text)
	}
	return &file{text: text, set: set, tree: tree}, nil
}

// offset is where in the text a position is.
func (f *file) offset(p token.Pos) int { return f.set.Position(p).Offset }

// span is a part of the text.
type span struct{ start, end int }

func (f *file) span(n ast.Node) span { return span{f.offset(n.Pos()), f.offset(n.End())} }

// whole is a declaration with its doc comment.
func (f *file) whole(d ast.Decl) span {
	s := f.span(d)
	if doc := docOf(d); doc != nil {
		s.start = f.offset(doc.Pos())
	}
	return s
}

func docOf(d ast.Decl) *ast.CommentGroup {
	switch d := d.(type) {
	case *ast.FuncDecl:
		return d.Doc
	case *ast.GenDecl:
		return d.Doc
	}
	return nil
}

// declaration is a top-level declaration under one of its names.
type declaration struct {
	name string // F, T or T.M
	decl ast.Decl
	spec ast.Spec // nil for functions
}

// declarations lists what the file declares, in its order.
func (f *file) declarations() []declaration {
	var found []declaration
	for _, d := range f.tree.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			found = append(found, declaration{name: receiver(d) + d.Name.Name, decl: d})
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					found = append(found, declaration{spec.Name.Name, d, spec})
				case *ast.ValueSpec:
					for _, name := range spec.Names {
						found = append(found, declaration{name.Name, d, spec})
					}
				}
			}
		}
	}
	return found
}

// receiver is "T." for a method of T or *T, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch inner := t.(type) {
		case *ast.StarExpr:
			t = inner.X
		case *ast.ParenExpr:
			t = inner.X
		case *ast.IndexExpr:
			t = inner.X
		case *ast.IndexListExpr:
			t = inner.X
		case *ast.Ident:
			return inner.Name + "."
		default:
			return ""
		}
	}
}

// find returns the declaration of a name: F, T, T.M or (*T).M.
func (f *file) find(name string) (declaration, error) {
	plain := strings.NewReplacer("(", "", ")", "", "*", "", " ", "").Replace(name)
	var found []declaration
	var names []string
	for _, d := range f.declarations() {
		if d.name == plain {
			found = append(found, d)
		}
		names = append(names, d.name)
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return declaration{}, fmt.Errorf("there is no declaration of %s; there are %s", name, strings.Join(slices.Compact(names), ", "))
	default:
		return declaration{}, fmt.Errorf("%s is declared %d times", name, len(found))
	}
}

// Text returns the text of a declaration with its doc comment, and whether
// there is one of that name.
func Text(name string, text []byte, decl string) (string, bool, error) {
	f, err := parse(name, text)
	if err != nil {
		return "", false, err
	}
	d, err := f.find(decl)
	if err != nil {
		return "", false, nil //nolint:nilerr // that it isn't there is the answer
	}
	s := f.whole(d.decl)
	return string(text[s.start:s.end]), true, nil
}

// Names lists the declarations of a file.
func Names(name string, text []byte) ([]string, error) {
	f, err := parse(name, text)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, d := range f.declarations() {
		names = append(names, d.name)
	}
	return names, nil
}

// Sum is the SHA-256 of a declaration's text, in hexadecimal.
func Sum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// change puts text in the place of a span.
type change struct {
	span
	text string
}

// splice makes changes that don't overlap.
func splice(text []byte, changes []change) ([]byte, error) {
	slices.SortStableFunc(changes, func(a, b change) int { return a.start - b.start })
	var out bytes.Buffer
	at := 0
	for _, c := range changes {
		if c.start < at {
			return nil, fmt.Errorf("two changes of one edit overlap")
		}
		out.Write(text[at:c.start])
		out.WriteString(c.text)
		at = c.end
	}
	out.Write(text[at:])
	return out.Bytes(), nil
}
