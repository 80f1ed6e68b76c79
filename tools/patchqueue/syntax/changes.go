package syntax

import (
	"errors"
	"fmt"
	"go/ast"
	"strings"
)

// changes turns an edit of a Go file into changes of its text.
func (f *file) changes(e Edit) ([]change, error) {
	if e.Add != "" {
		return f.addition(e)
	}
	if e.Anchor() == "" {
		if e.Line != "" {
			return lineChanges(f.text, span{0, len(f.text)}, e)
		}
		return nil, nil // imports alone
	}
	d, err := f.find(e.Anchor())
	if err != nil {
		return nil, err
	}
	if e.targets() == 0 {
		return f.declarationChanges(d, e)
	}
	if e.Line != "" {
		return lineChanges(f.text, f.whole(d.decl), e)
	}
	var root ast.Node = d.decl
	if spec, ok := d.spec.(*ast.TypeSpec); ok {
		root = spec
	}
	place, err := f.locate(e, root)
	if err != nil {
		return nil, err
	}
	switch {
	case e.Expression != "":
		return []change{f.replacement(f.span(place), e.Replace)}, nil
	case e.Element != "":
		return f.elementChanges(place, e), nil
	default:
		return f.lineageChanges(f.extent(place), place, e)
	}
}

// it stands for the text that is replaced.
const it = "{{it}}"

func (f *file) replacement(s span, text string) change {
	old := string(f.text[s.start:s.end])
	return change{s, strings.ReplaceAll(clip(text), it, old)}
}

// clip takes the line break away that a YAML block ends with.
func clip(text string) string { return strings.TrimSuffix(text, "\n") }

// addition puts declarations before or after another one.
func (f *file) addition(e Edit) ([]change, error) {
	d, err := f.find(e.Before + e.After)
	if err != nil {
		return nil, err
	}
	whole := f.extent(d.decl)
	code := strings.TrimSpace(e.Add)
	if e.Before != "" {
		return []change{{span{whole.lead, whole.lead}, code + "\n\n"}}, nil
	}
	return []change{{span{whole.trail, whole.trail}, "\n\n" + code}}, nil
}

// declarationChanges changes a declaration as a whole, or its head.
func (f *file) declarationChanges(d declaration, e Edit) ([]change, error) {
	where := f.extent(d.decl)
	if e.Declaration != "" && (e.Replace != "" || e.Remove) {
		where.start, e.WithComment = where.lead, true // a doc comment goes with what it documents
	}
	var changes []change
	if e.Rename != "" {
		name, err := nameOf(d, e.Anchor())
		if err != nil {
			return nil, err
		}
		changes = append(changes, change{f.span(name), e.Rename})
	}
	if e.Signature != "" {
		fn, ok := d.decl.(*ast.FuncDecl)
		if !ok || fn.Body == nil {
			return nil, errors.New("signature: it is no function")
		}
		head := span{f.offset(fn.Pos()), f.offset(fn.Body.Pos())}
		changes = append(changes, change{head, strings.TrimSuffix(strings.TrimSpace(e.Signature), "{") + " "})
		if e.Rename != "" {
			return nil, errors.New("a signature has the name already: give signature or rename")
		}
	}
	more, err := f.lineageChanges(where, d.decl, e)
	return append(changes, more...), err
}

// nameOf is the identifier that a declaration is known by.
func nameOf(d declaration, name string) (*ast.Ident, error) {
	switch n := d.decl.(type) {
	case *ast.FuncDecl:
		return n.Name, nil
	case *ast.GenDecl:
		switch spec := d.spec.(type) {
		case *ast.TypeSpec:
			return spec.Name, nil
		case *ast.ValueSpec:
			for _, i := range spec.Names {
				if i.Name == name {
					return i, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("%s has no name to change", name)
}

// lineageChanges changes what stands on lines of its own: a statement, a case,
// a field, a declaration.
func (f *file) lineageChanges(where extent, n ast.Node, e Edit) ([]change, error) {
	var changes []change
	if e.Before != "" {
		changes = append(changes, change{span{where.lead, where.lead}, clip(e.Before) + "\n"})
	}
	if e.Doc != "" {
		changes = append(changes, change{span{where.lead, where.start}, comment(e.Doc) + "\n"})
	}
	if e.First != "" || e.Last != "" {
		body, err := bodyOf(n)
		if err != nil {
			return nil, err
		}
		open, end := f.offset(body.Lbrace)+1, f.offset(body.Rbrace)
		if e.First != "" {
			changes = append(changes, change{span{open, open}, "\n" + clip(e.First)})
		}
		if e.Last != "" {
			text := clip(e.Last) + "\n"
			if !f.ownLine(end) {
				text = "\n" + text
			}
			changes = append(changes, change{span{end, end}, text})
		}
	}
	switch {
	case e.Replace != "":
		s := span{where.start, where.end}
		if e.WithComment {
			s = span{where.lead, where.trail}
		}
		changes = append(changes, f.replacement(s, e.Replace))
	case e.Remove:
		changes = append(changes, change{lines(f.text, span{where.lead, where.trail}), ""})
	}
	if e.After != "" {
		text := "\n" + clip(e.After)
		if rest, _, _ := strings.Cut(string(f.text[where.trail:]), "\n"); strings.TrimSpace(rest) != "" {
			text += "\n"
		}
		changes = append(changes, change{span{where.trail, where.trail}, text})
	}
	return changes, nil
}

// bodyOf is the block that belongs to a function or statement.
func bodyOf(n ast.Node) (*ast.BlockStmt, error) {
	var body *ast.BlockStmt
	if fn, ok := n.(*ast.FuncDecl); ok {
		body = fn.Body
	} else {
		// The first block of a statement: an if's, a loop's, a closure's.
		ast.Inspect(n, func(n ast.Node) bool {
			if b, ok := n.(*ast.BlockStmt); ok && body == nil {
				body = b
			}
			return body == nil
		})
	}
	if body == nil {
		return nil, errors.New("first and last: it has no block")
	}
	return body, nil
}

// comment writes a text as comment lines if it isn't written so already.
func comment(text string) string {
	var b strings.Builder
	for line := range strings.Lines(clip(text)) {
		if !strings.HasPrefix(strings.TrimSpace(line), "//") {
			b.WriteString("// ")
		}
		b.WriteString(line)
	}
	return b.String()
}

// elementChanges changes an element of a list that commas divide.
func (f *file) elementChanges(n ast.Node, e Edit) []change {
	s := f.span(n)
	var changes []change
	if e.Before != "" {
		changes = append(changes, change{span{s.start, s.start}, strings.TrimSuffix(clip(e.Before), ",") + ",\n"})
	}
	switch {
	case e.Replace != "":
		changes = append(changes, f.replacement(s, strings.TrimSuffix(clip(e.Replace), ",")))
	case e.Remove:
		rest := f.text[s.end:]
		if trimmed := strings.TrimLeft(string(rest), " \t"); strings.HasPrefix(trimmed, ",") {
			s.end += len(rest) - len(trimmed) + 1
		}
		changes = append(changes, change{lines(f.text, s), ""})
	}
	if e.After != "" {
		changes = append(changes, change{span{s.end, s.end}, ",\n" + strings.TrimSuffix(clip(e.After), ",")})
	}
	return changes
}
