package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ourModule is the prefix of import paths that point into this repository.
const ourModule = "github.com/distribution-azure/distribution/v3"

// sources returns every file that goes upstream, by its path there, with
// the content it has there: import paths of this module are upstream's.
func (q *queue) sources() (map[string][]byte, error) {
	files := map[string][]byte{}
	for _, dir := range q.Sources {
		if err := q.collect(files, dir, ""); err != nil {
			return nil, err
		}
	}
	if err := q.collect(files, overlayDir, overlayDir); err != nil {
		return nil, err
	}
	return files, nil
}

// collect adds the files below dir, with prefix cut from their names.
func (q *queue) collect(files map[string][]byte, dir, prefix string) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		target := strings.TrimPrefix(strings.TrimPrefix(filepath.ToSlash(name), prefix), "/")
		content, err := q.translate(target, raw)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		files[target] = content
		return nil
	})
}

// translate returns a file as upstream will have it. A patch can carry only
// plain text that ends in a line break, and Go files that import nothing
// upstream hasn't got.
func (q *queue) translate(name string, raw []byte) ([]byte, error) {
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
	return q.translateImports(name, raw)
}

// translateImports rewrites import paths and nothing else: a comment may
// well name this project. The result is formatted again because imports
// are sorted.
func (q *queue) translateImports(name string, raw []byte) ([]byte, error) {
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
		if !q.goesUpstream(rest) {
			return nil, fmt.Errorf("imports %s, which upstream does not have", imported)
		}
		from, to := set.Position(spec.Path.Pos()).Offset, set.Position(spec.Path.End()).Offset
		out = slices.Replace(out, from, to, []byte(strconv.Quote(q.Upstream+"/"+rest))...)
	}
	return format.Source(out)
}

// goesUpstream reports whether a folder of this repository is part of the queue.
func (q *queue) goesUpstream(dir string) bool {
	return slices.ContainsFunc(q.Sources, func(source string) bool {
		return dir == source || strings.HasPrefix(dir, source+"/")
	})
}

// matches reports whether a file falls under a pattern of queue.yaml:
// path.Match's syntax, or a folder followed by /... for all that is below it.
func matches(pattern, name string) bool {
	if dir, all := strings.CutSuffix(pattern, "/..."); all {
		return strings.HasPrefix(name, dir+"/")
	}
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// assign gives every file to the one patch that claims it. It fails on files
// that no patch or two patches claim, and on patterns that match nothing.
func (q *queue) assign(files map[string][]byte) ([][]string, error) {
	var problems []error
	owner := map[string]string{}
	assigned := make([][]string, len(q.Patches))
	names := slices.Sorted(maps.Keys(files))
	for i, p := range q.Patches {
		for _, pattern := range p.Adds {
			matched := false
			for _, name := range names {
				if !matches(pattern, name) {
					continue
				}
				matched = true
				if other, taken := owner[name]; taken {
					problems = append(problems, fmt.Errorf("%s is claimed by %s and by %s", name, other, p.Name))
					continue
				}
				owner[name] = p.Name
				assigned[i] = append(assigned[i], name)
			}
			if !matched {
				problems = append(problems, fmt.Errorf("patch %s: nothing matches %s", p.Name, pattern))
			}
		}
		slices.Sort(assigned[i])
	}
	for _, name := range names {
		if owner[name] == "" {
			problems = append(problems, fmt.Errorf("%s belongs to no patch: name it in %s", name, queueFile))
		}
	}
	return assigned, errors.Join(problems...)
}
