package e2e

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// patience bounds every wait for something that has to happen.
	patience = time.Minute
	// tick is how often to look whether it has.
	tick = 20 * time.Millisecond
)

// output is what a program writes, to be read while it runs.
type output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// lines are those that contain all of the words.
func (o *output) lines(words ...string) []string {
	var found []string
	for line := range strings.Lines(o.String()) {
		if containsAll(line, words) {
			found = append(found, line)
		}
	}
	return found
}

func containsAll(line string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(line, word) {
			return false
		}
	}
	return true
}

// awaitLine waits for a line that contains all of the words.
func (o *output) awaitLine(t testing.TB, words ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(o.lines(words...)) > 0 }, patience, tick,
		"waiting for a line with all of %q in the output", words)
}

// tail is the last lines.
func (o *output) tail(n int) string {
	lines := strings.SplitAfter(o.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// await waits for a match and returns its first group.
func (o *output) await(t testing.TB, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var match []string
	require.Eventually(t, func() bool {
		match = expression.FindStringSubmatch(o.String())
		return match != nil
	}, patience, tick, "waiting for %q in the output", pattern)
	return match[len(match)-1]
}
