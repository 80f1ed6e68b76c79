package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v2"
)

// Places inside this repository, relative to its root.
const (
	queueFile  = "patches/queue.yaml"
	queueDir   = "patches"
	overlayDir = "patches/overlay"
)

// queue is patches/queue.yaml: what a person decides about the queue.
// Everything else in patches/ is generated from it and from the sources.
type queue struct {
	// Upstream is upstream's module path; go.mod says which version.
	Upstream string `yaml:"upstream"`
	// Author is the From line of every patch.
	Author string `yaml:"author"`
	// Sources are the folders of this repository that go upstream under
	// the same path. Every file in them belongs to exactly one patch.
	Sources []string `yaml:"sources"`
	// Guarded are upstream's folders in which each of upstream's files
	// must be named in Replaced, so that a new one can't go unnoticed.
	Guarded []string `yaml:"guarded"`
	// Replaced are upstream's files that the queue removes, with the
	// blob id of the version that was reviewed.
	Replaced map[string]string `yaml:"replaced"`
	// Patches in the order in which they apply.
	Patches []patch `yaml:"patches"`
}

// patch is one concern of the queue.
type patch struct {
	Name        string   `yaml:"name"`
	Subject     string   `yaml:"subject"`
	Message     string   `yaml:"message"`
	Description string   `yaml:"description"`
	Bug         []string `yaml:"bug"`
	Forwarded   string   `yaml:"forwarded"`
	LastUpdate  string   `yaml:"last-update"`
	DropWhen    string   `yaml:"drop-when"`
	// Removes names upstream's files that this patch deletes.
	Removes []string `yaml:"removes"`
	// Adds holds patterns of files, as upstream will see them: see matches.
	Adds []string `yaml:"adds"`
}

// lineBudget is the width of a commit message's lines, in columns.
const lineBudget = 76

var (
	patchName   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	blobID      = regexp.MustCompile(`^[0-9a-f]{40}$`)
	authorLine  = regexp.MustCompile(`^[^<>]+ <[^<>@ ]+@[^<>@ ]+>$`)
	mailMarkers = regexp.MustCompile(`(?m)^(---|diff -|Index: |From |-- $)`)
)

// readQueue reads and validates patches/queue.yaml.
func readQueue() (*queue, error) {
	raw, err := os.ReadFile(queueFile)
	if err != nil {
		return nil, fmt.Errorf("read the queue: %w", err)
	}
	var q queue
	if err := yaml.UnmarshalStrict(raw, &q); err != nil {
		return nil, fmt.Errorf("%s: %w", queueFile, err)
	}
	if err := q.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", queueFile, err)
	}
	return &q, nil
}

// validate returns every problem at once.
func (q *queue) validate() error {
	var problems []error
	if q.Upstream == "" {
		problems = append(problems, errors.New("upstream: missing"))
	}
	if !authorLine.MatchString(q.Author) {
		problems = append(problems, errors.New("author: not of the form Name <mail@host>"))
	}
	if len(q.Patches) == 0 {
		problems = append(problems, errors.New("patches: none"))
	}
	for name, id := range q.Replaced {
		if !blobID.MatchString(id) {
			problems = append(problems, fmt.Errorf("replaced %s: %q is no full blob id", name, id))
		}
	}
	removed := map[string]int{}
	seen := map[string]bool{}
	for i := range q.Patches {
		p := &q.Patches[i]
		if seen[p.Name] {
			problems = append(problems, fmt.Errorf("patch %s: named twice", p.Name))
		}
		seen[p.Name] = true
		if err := p.validate(); err != nil {
			problems = append(problems, err)
		}
		for _, name := range p.Removes {
			removed[name]++
		}
	}
	for name, times := range removed {
		if _, ok := q.Replaced[name]; !ok {
			problems = append(problems, fmt.Errorf("%s is removed by a patch but isn't listed under replaced", name))
		}
		if times > 1 {
			problems = append(problems, fmt.Errorf("%s is removed by %d patches", name, times))
		}
	}
	for name := range q.Replaced {
		if removed[name] == 0 {
			problems = append(problems, fmt.Errorf("%s is listed under replaced but no patch removes it", name))
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

func (p *patch) validate() error {
	var problems []error
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("patch %s: "+format, append([]any{p.Name}, args...)...))
	}
	if !patchName.MatchString(p.Name) {
		complain("the name is not lower-case words joined by dashes")
	}
	for field, value := range map[string]string{
		"subject": p.Subject, "description": p.Description, "forwarded": p.Forwarded, "drop-when": p.DropWhen,
	} {
		if value == "" {
			complain("%s: missing", field)
		}
		if strings.Contains(strings.TrimSpace(value), "\n") {
			complain("%s: more than one line", field)
		}
	}
	if len(p.Bug) == 0 {
		complain("bug: missing")
	}
	if _, err := p.date(); err != nil {
		complain("last-update: %v", err)
	}
	for line := range strings.Lines(p.Message) {
		if len(strings.TrimRight(line, "\n")) > lineBudget {
			complain("message: a line is longer than %d columns: %q", lineBudget, line)
		}
	}
	if mark := mailMarkers.FindString(p.Message); mark != "" {
		complain("message: a line starts with %q, which git am would take for the patch", mark)
	}
	for _, pattern := range p.Adds {
		if _, err := path.Match(pattern, ""); err != nil {
			complain("adds: %q: %v", pattern, err)
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// date is the day of the last update, at midnight UTC.
func (p *patch) date() (time.Time, error) {
	return time.Parse(time.DateOnly, p.LastUpdate)
}
