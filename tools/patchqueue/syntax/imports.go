package syntax

import (
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

// snippet splits a Go file into its imports and its declarations.
func snippet(name string, code []byte) (body string, imports []string, err error) {
	f, err := parse(name, code)
	if err != nil {
		return "", nil, err
	}
	start := f.offset(f.tree.Name.End())
	for _, spec := range f.tree.Imports {
		imports = append(imports, importText(spec))
	}
	for _, d := range f.tree.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			start = f.offset(g.End())
		}
	}
	return strings.TrimSpace(string(code[start:])), imports, nil
}

// importText is an import as Edit.Imports has it: the path, with the name in
// front if it has one.
func importText(spec *ast.ImportSpec) string {
	imported, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		panic(err) // the parser has read it
	}
	if spec.Name != nil {
		return spec.Name.Name + " " + imported
	}
	return imported
}

// importLine is an import as a Go file has it.
func importLine(text string) string {
	if name, imported, named := strings.Cut(text, " "); named {
		return name + " " + strconv.Quote(imported)
	}
	return strconv.Quote(text)
}

// addImports adds those imports that a file hasn't got, each to the group
// where its like are.
func addImports(name string, text []byte, imports []string) ([]byte, error) {
	for _, wanted := range imports {
		f, err := parse(name, text)
		if err != nil {
			return nil, withText(err, text)
		}
		if f.imports(wanted) {
			continue
		}
		c, err := f.importChange(wanted)
		if err != nil {
			return nil, err
		}
		if text, err = splice(text, []change{c}); err != nil {
			return nil, err
		}
	}
	return text, nil
}

func (f *file) imports(wanted string) bool {
	for _, spec := range f.tree.Imports {
		if importText(spec) == wanted {
			return true
		}
	}
	return false
}

// importChange puts an import behind the last one that is of the standard
// library, or isn't, as it is itself; gofmt sorts each group.
func (f *file) importChange(wanted string) (change, error) {
	var like, block *ast.ImportSpec
	first := false
	for _, spec := range f.tree.Imports {
		block = spec
		if isStandard(importText(spec)) == isStandard(wanted) {
			like = spec
		}
	}
	if block == nil {
		at := f.offset(f.tree.Name.End())
		return change{span{at, at}, "\n\nimport " + importLine(wanted)}, nil
	}
	for _, d := range f.tree.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && !g.Lparen.IsValid() {
			return change{f.span(g), "import (\n" + importLine(importText(g.Specs[0].(*ast.ImportSpec))) + "\n" + separator(like) + importLine(wanted) + "\n)"}, nil
		}
	}
	if like != nil {
		at := f.extent(like).trail
		return change{span{at, at}, "\n" + importLine(wanted)}, nil
	}
	if first = isStandard(wanted); first {
		at := f.extent(f.tree.Imports[0]).lead
		return change{span{at, at}, importLine(wanted) + "\n\n"}, nil
	}
	at := f.extent(block).trail
	return change{span{at, at}, "\n\n" + importLine(wanted)}, nil
}

func separator(like *ast.ImportSpec) string {
	if like == nil {
		return "\n"
	}
	return ""
}

// isStandard reports whether an import is of the standard library: its first
// element has no dot.
func isStandard(text string) bool {
	_, imported, named := strings.Cut(text, " ")
	if !named {
		imported = text
	}
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

// Finish drops the imports that the edits have left without use, compared with
// the file before, and formats the file.
func Finish(name string, before, after []byte) ([]byte, error) {
	old, err := parse(name, before)
	if err != nil {
		return nil, err
	}
	f, err := parse(name, after)
	if err != nil {
		return nil, withText(err, after)
	}
	wasUsed, isUsed := old.qualifiers(), f.qualifiers()
	var changes []change
	for _, spec := range f.tree.Imports {
		names := packageNames(spec)
		if names.anyIn(isUsed) || old.imports(importText(spec)) && !names.anyIn(wasUsed) {
			continue
		}
		e := f.extent(spec)
		changes = append(changes, change{lines(after, span{e.lead, e.trail}), ""})
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
	if list := (interface{ Len() int })(nil); errors.As(err, &list) {
		at := regexp.MustCompile(`:(\d+):\d+: `).FindStringSubmatch(err.Error())
		if len(at) == 2 {
			line, _ = strconv.Atoi(at[1])
		}
	}
	all := strings.Split(string(text), "\n")
	var b strings.Builder
	for i := max(0, line-6); i < min(len(all), line+4); i++ {
		fmt.Fprintf(&b, "\n\t%d: %s", i+1, all[i])
	}
	return fmt.Errorf("the edit leaves no Go file: %w%s", err, b.String())
}
