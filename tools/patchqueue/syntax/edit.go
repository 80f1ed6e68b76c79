package syntax

import (
	"errors"
	"fmt"
	"strings"
)

// Edit is one change of a file: where, and what to do there. patches/README.md
// describes every field.
type Edit struct {
	File   string `yaml:"file"`
	SHA256 string `yaml:"sha256"`

	// Where. Declaration is a whole declaration, In one to look into.
	Declaration string `yaml:"declaration"`
	In          string `yaml:"in"`
	Within      string `yaml:"within"`
	Statement   string `yaml:"statement"`
	Expression  string `yaml:"expression"`
	Case        string `yaml:"case"`
	Field       string `yaml:"field"`
	Element     string `yaml:"element"`
	Line        string `yaml:"line"`
	// Number chooses among several matches, counted from 1.
	Number int `yaml:"number"`

	// What.
	Before    string `yaml:"before"`
	After     string `yaml:"after"`
	First     string `yaml:"first"`
	Last      string `yaml:"last"`
	Replace   string `yaml:"replace"`
	Add       string `yaml:"add"`
	Doc       string `yaml:"doc"`
	Signature string `yaml:"signature"`
	Rename    string `yaml:"rename"`
	Remove    bool   `yaml:"remove"`
	// WithComment makes Replace take the comment of a statement as well.
	WithComment bool `yaml:"with-comment"`

	// Imports are paths, with a name in front if it isn't the package's own.
	Imports []string `yaml:"imports"`
}

// Anchor is the name of the declaration that the edit changes; "" if it
// changes none.
func (e *Edit) Anchor() string {
	if e.In != "" {
		return e.In
	}
	return e.Declaration
}

// String says where the edit is made, for messages.
func (e *Edit) String() string {
	parts := []string{e.File}
	for _, p := range []struct{ word, value string }{
		{"in", e.In}, {"declaration", e.Declaration}, {"within", e.Within}, {"statement", e.Statement},
		{"expression", e.Expression}, {"case", e.Case}, {"field", e.Field}, {"element", e.Element}, {"line", e.Line},
	} {
		if p.value != "" {
			parts = append(parts, p.word+" "+p.value)
		}
	}
	return strings.Join(parts, ", ")
}

// targets counts the ways in which the edit names a place in a declaration.
func (e *Edit) targets() (n int) {
	for _, value := range []string{e.Statement, e.Expression, e.Case, e.Field, e.Element, e.Line} {
		if value != "" {
			n++
		}
	}
	return n
}

// Validate says what is wrong with the edit as such.
func (e *Edit) Validate() error {
	var problems []error
	complain := func(bad bool, text string) {
		if bad {
			problems = append(problems, fmt.Errorf("%s: %s", e, text))
		}
	}
	does := e.Before != "" || e.After != "" || e.First != "" || e.Last != "" || e.Replace != "" ||
		e.Doc != "" || e.Signature != "" || e.Rename != "" || e.Remove || len(e.Imports) > 0
	complain(e.File == "", "file: missing")
	complain(!does, "it does nothing: give before, after, first, last, replace, add, doc, signature, rename or remove")
	complain(e.targets() > 1, "give one of statement, expression, case, field, element and line")
	complain(e.In != "" && e.Declaration != "", "give in or declaration, not both")
	complain(e.Remove && e.Replace != "", "give remove or replace, not both")
	complain(e.Declaration != "" && e.targets() > 0, "declaration is the whole one; to look into it give in")
	complain(e.targets() > 0 && e.In == "" && e.Line == "", "in: missing")
	complain(e.Within != "" && e.targets() == 0, "within needs a statement, expression, case, field or element")
	complain(e.Add != "" && (e.Before == "") == (e.After == ""), "add needs the declaration to stand before or after")
	complain(e.Add != "" && (e.Anchor() != "" || e.targets() > 0), "add stands alone, with before or after")
	complain(e.Expression != "" && (e.Before != "" || e.After != ""), "an expression can only be replaced; {{it}} stands for it")
	complain((e.Rename != "" || e.Signature != "") && e.Anchor() == "", "rename and signature need a declaration")
	return errors.Join(problems...)
}

// Apply makes the edit in a file. load reads a Go file that the edit names as
// its replacement or addition.
func Apply(text []byte, e Edit, load func(name string) ([]byte, error)) ([]byte, error) {
	text, err := apply(text, e, load)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", &e, err)
	}
	return text, nil
}

func apply(text []byte, e Edit, load func(name string) ([]byte, error)) ([]byte, error) {
	if err := e.Validate(); err != nil {
		return nil, err
	}
	if !strings.HasSuffix(e.File, ".go") {
		return applyToText(text, e)
	}
	imports := e.Imports
	// Code that lies in a file of its own brings its imports along.
	for _, field := range []*string{&e.Replace, &e.Add} {
		if !strings.HasSuffix(*field, ".go") || strings.ContainsAny(*field, " \n\t(") {
			continue
		}
		code, err := load(*field)
		if err != nil {
			return nil, err
		}
		body, needed, err := snippet(*field, code)
		if err != nil {
			return nil, err
		}
		*field = body
		imports = append(imports[:len(imports):len(imports)], needed...)
	}
	f, err := parse(e.File, text)
	if err != nil {
		return nil, err
	}
	changes, err := f.changes(e)
	if err != nil {
		return nil, err
	}
	text, err = splice(text, changes)
	if err != nil {
		return nil, err
	}
	if text, err = addImports(e.File, text, imports); err != nil {
		return nil, err
	}
	_, err = parse(e.File, text) // so that this edit is named and not the next
	return text, err
}
