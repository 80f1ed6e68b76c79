package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

const (
	// upstreamModule is what the queue changes; go.mod says which version.
	upstreamModule = "github.com/distribution/distribution/v3"
	queueDir       = "patches"
	forkSeries     = "series.fork"
	upstreamSeries = "series.upstream"
	// author is the From line of every patch.
	author = "distribution-azure maintainers <maintainers@distribution-azure.example>"
)

// patch is a folder of patches/: patch.yaml, and where it lies.
type patch struct {
	name string
	dir  string

	Subject     string   `yaml:"subject"`
	Message     string   `yaml:"message"`
	Bug         []string `yaml:"bug"`
	Forwarded   string   `yaml:"forwarded"`
	LastUpdate  string   `yaml:"last-update"`
	DropWhen    string   `yaml:"drop-when"`
	Issue       string   `yaml:"issue"`
	PullRequest string   `yaml:"pull-request"`

	Edits []syntax.Edit `yaml:"edits"`
	// Files are added: upstream's path, and the file beside patch.yaml.
	Files map[string]string `yaml:"files"`
	// Remove names upstream's files with the blob id that was reviewed.
	Remove map[string]string `yaml:"remove"`
	// Sources are folders of this repository that go upstream as they are.
	Sources []string `yaml:"sources"`
	// Packages are tested besides those whose files the patch touches.
	Packages []string `yaml:"packages"`
	// TestCannotBuild says why the patch's test can't be built without it.
	TestCannotBuild string `yaml:"test-cannot-build"`
}

// lineBudget is the width of a commit message's lines, in columns.
const lineBudget = 76

var (
	patchName   = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	blobID      = regexp.MustCompile(`^[0-9a-f]{40}$`)
	mailMarkers = regexp.MustCompile(`(?m)^(---|diff -|Index: |From |-- $)`)
)

// readSeries reads the patches that patches/series.fork or series.upstream
// names, in its order.
func readSeries(name string) ([]*patch, error) {
	raw, err := os.ReadFile(filepath.Join(queueDir, name))
	if err != nil {
		return nil, fmt.Errorf("read the order of the patches: %w", err)
	}
	var patches []*patch
	var problems []error
	for line := range strings.Lines(string(raw)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if slices.ContainsFunc(patches, func(p *patch) bool { return p.name == line }) {
			problems = append(problems, fmt.Errorf("%s names %s twice", name, line))
			continue
		}
		p, err := readPatch(line)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		patches = append(patches, p)
	}
	return patches, errors.Join(problems...)
}

// readPatch reads and validates patches/NAME/patch.yaml.
func readPatch(name string) (*patch, error) {
	p := &patch{name: name, dir: filepath.Join(queueDir, name)}
	file := filepath.Join(p.dir, "patch.yaml")
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("patch %s: %w", name, err)
	}
	if err := yaml.UnmarshalStrict(raw, p); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := p.validate(); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return p, nil
}

// validate returns every problem at once.
func (p *patch) validate() error {
	var problems []error
	complain := func(bad bool, format string, args ...any) {
		if bad {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	complain(!patchName.MatchString(p.name), "the folder's name is not lower-case words joined by dashes")
	complain(p.Subject == "" || strings.Contains(p.Subject, "\n"), "subject: give one line")
	complain(p.Forwarded == "", `forwarded: missing; "no", or the pull request's address`)
	complain(len(p.Edits)+len(p.Files)+len(p.Sources) == 0, "it changes nothing: give edits or files")
	_, err := p.date()
	complain(err != nil, "last-update: %v", err)
	for line := range strings.Lines(p.Message) {
		complain(len(strings.TrimRight(line, "\n")) > lineBudget, "message: a line is longer than %d columns: %q", lineBudget, line)
	}
	mark := mailMarkers.FindString(p.Message)
	complain(mark != "", "message: a line starts with %q, which git am would take for the patch", mark)
	for name, id := range p.Remove {
		complain(!blobID.MatchString(id), "remove %s: %q is no full blob id", name, id)
	}
	for i := range p.Edits {
		problems = append(problems, p.Edits[i].Validate())
	}
	return errors.Join(problems...)
}

// date is the day of the last update, at midnight UTC.
func (p *patch) date() (time.Time, error) { return time.Parse(time.DateOnly, p.LastUpdate) }

// load reads a file beside patch.yaml.
func (p *patch) load(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
}
