package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/distribution-azure/distribution/v3/tools/patchqueue/syntax"
)

// upstream is one version of upstream's module, from the module cache, where
// go.sum has vouched for it.
type upstream struct {
	version string
	dir     string
	files   tree
}

// fetchUpstream returns a version of upstream, downloading it if the cache
// hasn't got it. An empty version is the one that go.mod asks for.
func fetchUpstream(ctx context.Context, version string) (*upstream, error) {
	if version == "" {
		pinned, err := goCommand(ctx, ".", "list", "-m", "-f", "{{.Version}}", upstreamModule)
		if err != nil {
			return nil, err
		}
		version = strings.TrimSpace(string(pinned))
	}
	out, err := goCommand(ctx, ".", "mod", "download", "-json", upstreamModule+"@"+version)
	if err != nil {
		return nil, err
	}
	var answer struct{ Version, Dir string }
	if err := json.Unmarshal(out, &answer); err != nil {
		return nil, fmt.Errorf("read what go mod download said: %w", err)
	}
	files, err := readTree(answer.Dir)
	if err != nil {
		return nil, fmt.Errorf("read upstream %s: %w", answer.Version, err)
	}
	return &upstream{version: answer.Version, dir: answer.Dir, files: files}, nil
}

// fits fails if the declaration that an edit changes isn't the one that was
// reviewed. What upstream hasn't got, an earlier patch has added.
func (u *upstream) fits(e *syntax.Edit) error {
	name := e.Anchor()
	content, ok := u.files[e.File]
	if name == "" || !ok {
		return nil
	}
	text, ok, err := syntax.Text(e.File, content, name)
	if err != nil {
		return err
	}
	sum := syntax.Sum(text)
	switch {
	case !ok && e.SHA256 == "", ok && sum == e.SHA256:
		return nil
	case !ok:
		return fmt.Errorf("%s: upstream %s has no declaration of %s%s", e.File, u.version, name, u.formerly(e))
	case e.SHA256 == "":
		return fmt.Errorf("%s: sha256: missing; that of upstream's is %s", e, sum)
	default:
		return fmt.Errorf("%s: upstream %s has changed %s (sha256 %s, not %s)%s\nupstream %s:\n%s",
			e.File, u.version, name, sum, e.SHA256, u.formerly(e), u.version, text)
	}
}

// formerly finds the text that an edit was made for in another version that
// the module cache has.
func (u *upstream) formerly(e *syntax.Edit) string {
	base := strings.TrimSuffix(u.dir, u.version)
	others, err := filepath.Glob(base + "*")
	if err != nil || base == u.dir {
		return ""
	}
	for _, dir := range others {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(e.File)))
		if err != nil {
			continue
		}
		text, ok, err := syntax.Text(e.File, content, e.Anchor())
		if err == nil && ok && syntax.Sum(text) == e.SHA256 {
			return fmt.Sprintf("\nupstream %s:\n%s", strings.TrimPrefix(dir, base), text)
		}
	}
	return "\nno version in the module cache has the text that the edit was made for"
}

// goCommand runs the go tool in dir, outside of any workspace, and returns
// what it printed.
func goCommand(ctx context.Context, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out, nil
}
