package syntax

import (
	"go/ast"
	"go/token"
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
			return nil, err
		}
		if f.imports(wanted) {
			continue
		}
		if text, err = splice(text, []change{f.importChange(wanted)}); err != nil {
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
func (f *file) importChange(wanted string) change {
	var like, block *ast.ImportSpec
	for _, spec := range f.tree.Imports {
		block = spec
		if isStandard(importText(spec)) == isStandard(wanted) {
			like = spec
		}
	}
	if block == nil {
		at := f.offset(f.tree.Name.End())
		return change{span{at, at}, "\n\nimport " + importLine(wanted)}
	}
	for _, d := range f.tree.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && !g.Lparen.IsValid() {
			return change{f.span(g), "import (\n" + importLine(importText(g.Specs[0].(*ast.ImportSpec))) + "\n" + separator(like) + importLine(wanted) + "\n)"}
		}
	}
	if like != nil {
		at := f.extent(like).trail
		return change{span{at, at}, "\n" + importLine(wanted)}
	}
	if isStandard(wanted) {
		at := f.extent(f.tree.Imports[0]).lead
		return change{span{at, at}, importLine(wanted) + "\n\n"}
	}
	at := f.extent(block).trail
	return change{span{at, at}, "\n\n" + importLine(wanted)}
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
