package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// upstream is one version of upstream's module in the module cache, where
// the checksum database has vouched for it. The cache is read-only.
type upstream struct {
	version string
	dir     string
}

// pinnedVersion is the version of upstream that go.mod asks for.
func pinnedVersion(ctx context.Context, module string) (string, error) {
	out, err := goCommand(ctx, ".", "list", "-m", "-f", "{{.Version}}", module)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(out)), nil
}

// fetchUpstream returns a version of upstream, downloading it if the cache
// hasn't got it. An empty version is the pinned one.
func fetchUpstream(ctx context.Context, module, version string) (*upstream, error) {
	if version == "" {
		pinned, err := pinnedVersion(ctx, module)
		if err != nil {
			return nil, err
		}
		version = pinned
	}
	out, err := goCommand(ctx, ".", "mod", "download", "-json", module+"@"+version)
	if err != nil {
		return nil, err
	}
	var answer struct{ Version, Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("read what go mod download said: %w", err)
	}
	return &upstream{version: answer.Version, dir: answer.Dir}, nil
}

// blob returns the git blob id of one of upstream's files, "" if there is
// no such file.
func (u *upstream) blob(name string) (string, error) {
	content, err := os.ReadFile(filepath.Join(u.dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return objectID("blob", content), nil
}

// walk visits every file in one of upstream's folders and below: its name in
// the module, and where it lies on this machine.
func (u *upstream) walk(dir string, visit func(name, file string) error) error {
	return filepath.WalkDir(filepath.Join(u.dir, filepath.FromSlash(dir)), func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(u.dir, file)
		if err != nil {
			return err
		}
		return visit(filepath.ToSlash(rel), file)
	})
}

// drift is one of upstream's files that isn't as the queue expects it.
type drift struct {
	Name string
	Want string // reviewed blob id, "" for a file that nobody has reviewed
	Got  string // blob id in this version, "" for a file that is gone
}

func (d drift) String() string {
	switch {
	case d.Want == "":
		return fmt.Sprintf("%s is new: blob %s", d.Name, d.Got)
	case d.Got == "":
		return fmt.Sprintf("%s is gone: the queue replaces blob %s", d.Name, d.Want)
	default:
		return fmt.Sprintf("%s differs: the queue replaces blob %s, this is %s", d.Name, d.Want, d.Got)
	}
}

// drifts compares the files that the queue replaces with this version of
// upstream, and looks for new files in the guarded folders.
func (q *queue) drifts(u *upstream) ([]drift, error) {
	var found []drift
	for _, name := range slices.Sorted(maps.Keys(q.Replaced)) {
		got, err := u.blob(name)
		if err != nil {
			return nil, err
		}
		if want := q.Replaced[name]; got != want {
			found = append(found, drift{name, want, got})
		}
	}
	for _, dir := range q.Guarded {
		err := u.walk(dir, func(name, _ string) error {
			if _, known := q.Replaced[name]; known {
				return nil
			}
			got, err := u.blob(name)
			found = append(found, drift{name, "", got})
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("look through upstream's %s: %w", dir, err)
		}
	}
	return found, nil
}

// fittingUpstream returns a version of upstream, the pinned one if it is
// empty. It fails for one that the queue doesn't apply to.
func (q *queue) fittingUpstream(ctx context.Context, version string) (*upstream, error) {
	up, err := fetchUpstream(ctx, q.Upstream, version)
	if err != nil {
		return nil, err
	}
	found, err := q.drifts(up)
	if err != nil {
		return nil, err
	}
	if len(found) > 0 {
		return nil, driftError(up.version, found)
	}
	return up, nil
}

// collisions names the files of the queue that upstream already has and
// that no patch removes.
func (q *queue) collisions(u *upstream, files map[string][]byte) ([]string, error) {
	var names []string
	for name := range files {
		id, err := u.blob(path.Clean(name))
		if err != nil {
			return nil, err
		}
		if _, removed := q.Replaced[name]; id != "" && !removed {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// driftError says in full why the queue does not fit a version of upstream.
func driftError(version string, found []drift) error {
	var b strings.Builder
	fmt.Fprintf(&b, "the queue does not fit upstream %s:", version)
	for _, d := range found {
		b.WriteString("\n\t" + d.String())
	}
	return errors.New(b.String())
}

// goCommand runs the go tool in dir and returns what it printed.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}
