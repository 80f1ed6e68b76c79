package verify

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestRecoveryGuideShowsWhatTheCommandsPrint takes the steps of docs/recovery.md, in
// the order of the page, over a registry with each kind of damage that it speaks of.
func TestRecoveryGuideShowsWhatTheCommandsPrint(t *testing.T) {
	t.Parallel()
	r, storage := places[0].make(t)
	pushAgain := damageOfTheGuide(r)
	config := configuration(t, storage, "127.0.0.1:0")
	taken, last := 0, outcome{}
	for _, step := range guide(t) {
		switch args := strings.Fields(step.command); {
		case args[0] == "registry" && slices.Contains(args, "config.yml"):
			args[slices.Index(args, "config.yml")] = config
			last = registry(t, args[1:]...)
			requireShown(t, step, last)
			taken++
		case step.command == "echo $?":
			require.Equal(t, step.shown, []string{strconv.Itoa(last.code)})
		case strings.HasPrefix(step.command, "docker push"):
			pushAgain()
		}
	}
	require.Equal(t, 7, taken, "quick, full, dry run, apply, quarantine, check, undo")
}

// damageOfTheGuide pushes the images of the page's example. What it returns pushes
// the one again that can't be mended.
func damageOfTheGuide(r *verifytest.Registry) (pushAgain func()) {
	const mib = 1 << 20
	base := verifytest.Noise(1, 3*mib)
	push := func(repository, tag string, layers ...v1.Descriptor) v1.Descriptor {
		return r.PushImage(repository, tag, append([]v1.Descriptor{r.PushBlob(repository, base)}, layers...)...)
	}
	push("base/alpine", "3.21")
	blocks := verifytest.Blocks(32*mib, 4*mib)
	blocks[1].Lost = 1
	application := verifytest.Noise(2, 32*mib)
	assets := []verifytest.Block{{Size: 8 * mib, Lost: 1}, {Size: 9_000_000 - 8*mib, Lost: 1}}
	web := push("shop/web", "2.0", r.PushBlob("shop/web", application, blocks...), r.PushBlob("shop/web", verifytest.Noise(3, 9_000_000), assets...))
	r.PushIndex("shop/web", "multi", web)
	cart := push("shop/cart", "latest", r.PushBlob("shop/cart", application))
	r.Tag("shop/cart", "1.4.2", cart.Digest)
	r.Replace(layout.Entry{Kind: layout.TagCurrent, Repository: "shop/cart", Name: "1.4.2"}.Path(), []byte(cart.Digest+cart.Digest))
	seven := push("ops/agent", "7")
	r.Replace(layout.BlobPath(seven.Digest), slices.Repeat(r.Right[layout.BlobPath(seven.Digest)], 2))
	lost := r.PushBlob("ops/agent", verifytest.Noise(4, mib))
	push("ops/agent", "8", lost)
	r.Replace(layout.BlobPath(lost.Digest), nil)
	r.BeginUpload("ops/agent", time.Now().Add(-30*24*time.Hour))
	return func() { r.Replace(layout.BlobPath(lost.Digest), r.Right[layout.BlobPath(lost.Digest)]) }
}

// step is a command of the page, and the lines that it shows behind it.
type step struct {
	command string
	shown   []string
}

// guide reads the commands of the page's steps: what is in front of its chapter on
// version 2's names, which are Azure's alone.
func guide(t *testing.T) []step {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash("../../docs/recovery.md"))
	require.NoError(t, err)
	page, _, found := strings.Cut(string(content), "\n## 8. ")
	require.True(t, found)
	var steps []step
	for _, block := range regexp.MustCompile("(?s)```\n(\\$ .*?)\n```").FindAllStringSubmatch(page, -1) {
		for line := range strings.SplitSeq(block[1], "\n") {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				steps = append(steps, step{command: command})
				continue
			}
			at := &steps[len(steps)-1]
			at.shown = append(at.shown, line)
		}
	}
	return steps
}

// requireShown demands that the page shows all that a command wrote to stdout, or
// lines of it and of stderr, in their order, where it leaves some out.
func requireShown(t *testing.T, s step, o outcome) {
	t.Helper()
	lines := func(text string) []string {
		split := strings.Split(strings.TrimRight(text, "\n"), "\n")
		for i := range split {
			split[i] = strings.TrimRight(split[i], " ")
		}
		return split
	}
	if !slices.Contains(s.shown, "...") {
		require.Equal(t, lines(o.stdout), s.shown, "%s\n%s", s.command, o.stdout+o.stderr)
		return
	}
	rest := lines(o.stderr + o.stdout)
	for _, line := range s.shown {
		if line == "..." {
			continue
		}
		at := slices.Index(rest, line)
		require.GreaterOrEqual(t, at, 0, "%s\nno longer prints\n%s\nbut\n%s", s.command, line, o.stdout+o.stderr)
		rest = rest[at+1:]
	}
}
