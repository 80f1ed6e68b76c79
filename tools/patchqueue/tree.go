package main

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

// tree is files by their paths.
type tree map[string][]byte

// readTree reads every file below a folder, but not what git keeps there.
func readTree(dir string) (tree, error) {
	t := tree{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if entry.Name() == ".git" {
				return filepath.SkipDir
			}
			return nil
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		t[filepath.ToSlash(rel)], err = os.ReadFile(name)
		return err
	})
	return t, err
}

// apply makes a patch's changes in a tree, those to files that wanted accepts;
// nil accepts all. The declarations it edits must be as the pristine tree has
// them.
func (p *patch) apply(t tree, up *upstream, wanted func(name string) bool) error {
	if err := p.applyAll(t, up, wanted); err != nil {
		return fmt.Errorf("patch %s: %w", p.name, err)
	}
	return nil
}

func (p *patch) applyAll(t tree, up *upstream, wanted func(name string) bool) error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(p.Remove)) {
		if wanted != nil && !wanted(name) {
			continue
		}
		if got := objectID("blob", up.files[name]); up.files[name] == nil || got != p.Remove[name] {
			problems = append(problems, fmt.Errorf("%s is not the version that was reviewed: blob %s, not %s", name, got, p.Remove[name]))
		}
		delete(t, name)
	}
	problems = append(problems, p.unreviewed(up)...)
	before := tree{}
	for i := range p.Edits {
		e := &p.Edits[i]
		if wanted != nil && !wanted(e.File) {
			continue
		}
		text, ok := t[e.File]
		if !ok {
			problems = append(problems, fmt.Errorf("there is no %s", e.File))
			continue
		}
		if before[e.File] == nil {
			before[e.File] = text
		}
		if err := up.fits(e); err != nil {
			problems = append(problems, err)
			continue
		}
		text, err := syntax.Apply(text, *e, p.load)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		t[e.File] = text
	}
	if len(problems) > 0 {
		return errors.Join(problems...)
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		text, err := syntax.Finish(name, before[name], t[name])
		if err != nil {
			return err
		}
		t[name] = text
	}
	return p.addFiles(t, wanted)
}

// unreviewed finds files of upstream's in a folder that the patch takes over
// whole, of which it says nothing.
func (p *patch) unreviewed(up *upstream) (problems []error) {
	for _, dir := range p.Sources {
		for name, content := range up.files {
			if _, known := p.Remove[name]; !known && strings.HasPrefix(name, dir+"/") {
				problems = append(problems, fmt.Errorf("%s is new: blob %s", name, objectID("blob", content)))
			}
		}
	}
	return problems
}

// addFiles adds the files that are new to a tree.
func (p *patch) addFiles(t tree, wanted func(name string) bool) error {
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		if wanted != nil && !wanted(name) {
			continue
		}
		content, err := p.load(p.Files[name])
		if err != nil {
			return err
		}
		if err := t.add(name, content); err != nil {
			return err
		}
	}
	for _, dir := range p.Sources {
		files, err := sources(dir)
		if err != nil {
			return err
		}
		for name, content := range files {
			if wanted != nil && !wanted(name) {
				continue
			}
			if err := t.add(name, content); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t tree) clone() tree { return maps.Clone(t) }

func (t tree) add(name string, content []byte) error {
	if _, taken := t[name]; taken {
		return fmt.Errorf("%s is there already", name)
	}
	t[name] = content
	return nil
}

// objectID is git's SHA-1 name of an object.
func objectID(kind string, content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
