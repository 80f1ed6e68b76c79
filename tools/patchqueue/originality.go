package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// runLength is how many equal lines in a row are taken for copied.
const runLength = 3

// boilerplate matches lines that two programs in the same language share
// without either having read the other: imports, package clauses, brackets,
// the handling of an error, and what an interface or a file format dictates.
var boilerplate = regexp.MustCompile(`^(` + strings.Join([]string{
	`[^\pL\pN]*`,                          // brackets and punctuation alone
	`(import|package|var|const|type)\b.*`, // clauses
	`([\w.]+ )?"[\w./-]+"`,                // an import
	`if err != nil \{`, `return .*\berr`,  // the handling of an error
	`return( nil| true| false)?`, `break`, `continue`, `default:`, `\} else \{`,
	`t\.Helper\(\)`, `t\.Parallel\(\)`, `defer .*\.(Close|Unlock)\(\)`,
	`func \(\w+ \*?\w+\) \w+\(.*`, // a method, which an interface may dictate
	`[\w-]+:`, "```\\w+",          // a section of a YAML file, quoted in Markdown
	`(enabled|disabled?): (true|false)`, `version: 0\.1`,
	`\{\{-? end -?\}\}`, // the end of a template's block
}, "|") + `)$`)

// exempt are files whose lines are not anybody's to choose: the licence, and
// the module lists that the go command writes.
var exempt = map[string]bool{"LICENSE": true, "go.mod": true, "go.sum": true}

// originalityCommand compares every line of every file of this repository with
// upstream's tree, the patches included: they name upstream's code and don't
// repeat it.
func originalityCommand(ctx context.Context, args []string, out io.Writer) error {
	set := flags("originality")
	if err := set.Parse(args); err != nil {
		return err
	}
	up, err := fetchUpstream(ctx, "")
	if err != nil {
		return err
	}
	known, err := runsBelow(up.dir)
	if err != nil {
		return err
	}
	files, err := ownFiles(ctx)
	if err != nil {
		return err
	}
	var copied []error
	lines := 0
	for _, name := range files {
		own, err := ownLines(name)
		if err != nil {
			return err
		}
		lines += len(own)
		for _, run := range runs(own) {
			if where, found := known[run]; found {
				copied = append(copied, fmt.Errorf("%s has lines of upstream's %s:\n%s", name, where, run))
			}
		}
	}
	if len(copied) > 0 {
		return errors.Join(copied...)
	}
	fmt.Fprintf(out, "%d files, %d lines: none in a run that upstream %s has\n", len(files), lines, up.version)
	return nil
}

// ownFiles lists what git would put into a commit now: the files it tracks
// and the new ones it doesn't ignore.
func ownFiles(ctx context.Context) ([]string, error) {
	listing, err := exec.CommandContext(ctx, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return nil, fmt.Errorf("list the files of the repository: %w", err)
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listing), "\x00"), "\x00") {
		if !exempt[path.Base(name)] {
			names = append(names, name)
		}
	}
	return names, nil
}

// ownLines returns the lines of a text. A file that is deleted but not
// committed yet has none.
func ownLines(name string) ([]string, error) {
	content, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) || !utf8.Valid(content) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return strings.Split(string(content), "\n"), nil
}

// runs returns every runLength lines of a text that follow one another,
// boilerplate and indentation left out.
func runs(lines []string) []string {
	var own []string
	for _, line := range lines {
		line = strings.TrimSpace(line)
		if !boilerplate.MatchString(line) {
			own = append(own, line)
		}
	}
	var found []string
	for i := range max(0, len(own)-runLength+1) {
		found = append(found, strings.Join(own[i:i+runLength], "\n"))
	}
	return found
}

// runsBelow returns the runs of every text file of a tree and the file each
// was found in.
func runsBelow(dir string) (map[string]string, error) {
	known := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil || !utf8.Valid(content) {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		for _, run := range runs(strings.Split(string(content), "\n")) {
			known[run] = filepath.ToSlash(rel)
		}
		return nil
	})
	return known, err
}
