package syntax

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/scanner"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Finish drops the imports that the edits have left without use, compared with
// the file before, and formats the file.
func Finish(name string, before, after []byte) ([]byte, error) {
	old, err := parse(name, before)
	if err != nil {
		return nil, err
	}
	f, err := parse(name, after)
	if err != nil {
		return nil, err
	}
	wasUsed, isUsed := old.qualifiers(), f.qualifiers()
	useless := func(spec ast.Spec) bool {
		names := packageNames(spec.(*ast.ImportSpec))
		known := !old.imports(importText(spec.(*ast.ImportSpec))) || names.anyIn(wasUsed)
		return known && !names.anyIn(isUsed)
	}
	var changes []change
	drop := func(n ast.Node) {
		e := f.extent(n)
		changes = append(changes, change{lines(after, span{e.lead, e.trail}), ""})
	}
	for _, d := range f.tree.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.IMPORT {
			continue
		}
		if !slices.ContainsFunc(block.Specs, func(spec ast.Spec) bool { return !useless(spec) }) {
			drop(block)
			continue
		}
		for _, spec := range block.Specs {
			if useless(spec) {
				drop(spec)
			}
		}
	}
	text, err := splice(after, changes)
	if err != nil {
		return nil, err
	}
	out, err := format.Source(text)
	if err != nil {
		return nil, withText(err, text)
	}
	return out, nil
}

// qualifiers are the names that stand before a dot anywhere in the file.
func (f *file) qualifiers() map[string]bool {
	names := map[string]bool{}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok {
				names[x.Name] = true
			}
		}
		return true
	})
	return names
}

// nameSet are the names that a package may have.
type nameSet []string

func (s nameSet) anyIn(used map[string]bool) bool {
	for _, name := range s {
		if name == "_" || name == "." || used[name] {
			return true
		}
	}
	return false
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// packageNames are the names that the package of an import may have: its own
// can't be known without reading it.
func packageNames(spec *ast.ImportSpec) nameSet {
	if spec.Name != nil {
		return nameSet{spec.Name.Name}
	}
	imported := importText(spec)
	base := path.Base(imported)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(imported))
	}
	base, _, _ = strings.Cut(base, ".")
	names := nameSet{base, strings.TrimPrefix(base, "go-"), strings.TrimSuffix(base, "-go"), strings.ReplaceAll(base, "-", "")}
	return append(names, strings.Split(base, "-")...)
}

// withText adds the lines of a file around a mistake to the parser's message.
func withText(err error, text []byte) error {
	line := 0
	if list := (scanner.ErrorList{}); errors.As(err, &list) && len(list) > 0 {
		line = list[0].Pos.Line
	}
	all := strings.Split(string(text), "\n")
	var b strings.Builder
	for i := max(0, line-6); i < min(len(all), line+4); i++ {
		fmt.Fprintf(&b, "\n\t%d: %s", i+1, all[i])
	}
	return fmt.Errorf("this is no Go file: %w%s", err, b.String())
}
