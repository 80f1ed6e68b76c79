package registrytest

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Output is what a program writes, to be read while it runs.
type Output struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements io.Writer.
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.Write(p)
}

// String is everything so far.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buffer.String()
}

// Lines are those that contain all of the words.
func (o *Output) Lines(words ...string) []string {
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

// AwaitLine waits for a line that contains all of the words.
func (o *Output) AwaitLine(t testing.TB, words ...string) {
	t.Helper()
	require.Eventually(t, func() bool { return len(o.Lines(words...)) > 0 }, Patience, Tick,
		"waiting for a line with all of %q in the output", words)
}

// Tail is the last lines.
func (o *Output) Tail(n int) string {
	lines := strings.SplitAfter(o.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// Await waits for a match of the pattern and returns its last group.
func (o *Output) Await(t testing.TB, pattern string) string {
	t.Helper()
	expression := regexp.MustCompile(pattern)
	var match []string
	require.Eventually(t, func() bool {
		match = expression.FindStringSubmatch(o.String())
		return match != nil
	}, Patience, Tick, "waiting for %q in the output", pattern)
	return match[len(match)-1]
}
