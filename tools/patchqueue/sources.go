package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"path"
	"slices"
	"strconv"
	"strings"
)

// ourModule is the prefix of import paths that point into this repository.
const ourModule = "github.com/distribution-azure/distribution/v3"

// sources returns every file below a folder of this repository, by its path,
// with the content it has upstream: import paths of this module are upstream's.
// Tests that compare ours with what upstream has there stay behind, since
// nothing is left to compare with.
func sources(dir string) (tree, error) {
	raw, err := readTree(dir)
	if err != nil {
		return nil, err
	}
	files := tree{}
	for name, content := range raw {
		name = path.Join(dir, name)
		if strings.HasSuffix(name, "_test.go") && bytes.Contains(content, []byte(strconv.Quote(path.Join(upstreamModule, dir)))) {
			continue
		}
		if files[name], err = translate(name, dir, content); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// translate returns a file as upstream will have it. A patch can carry only
// plain text that ends in a line break, and Go files that import nothing
// upstream hasn't got.
func translate(name, dir string, raw []byte) ([]byte, error) {
	switch {
	case len(raw) == 0:
		return nil, errors.New("empty")
	case bytes.ContainsAny(raw, "\r\x00"):
		return nil, errors.New("not plain text with \\n line ends")
	case raw[len(raw)-1] != '\n':
		return nil, errors.New("does not end in a line break")
	case path.Ext(name) != ".go":
		return raw, nil
	}
	return translateImports(name, dir, raw)
}

// translateImports rewrites import paths and nothing else: a comment may
// well name this project. The result is formatted again because imports
// are sorted.
func translateImports(name, dir string, raw []byte) ([]byte, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, raw, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(raw)
	for _, spec := range slices.Backward(file.Imports) {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		rest, ours := strings.CutPrefix(imported, ourModule+"/")
		if !ours {
			continue
		}
		if rest != dir && !strings.HasPrefix(rest, dir+"/") {
			return nil, fmt.Errorf("imports %s, which upstream does not have", imported)
		}
		from, to := set.Position(spec.Path.Pos()).Offset, set.Position(spec.Path.End()).Offset
		out = slices.Replace(out, from, to, []byte(strconv.Quote(upstreamModule+"/"+rest))...)
	}
	return format.Source(out)
}
