package rules

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pages are all that people read here, by their path from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "patches/*.md"} {
		files, err := filepath.Glob("../../" + pattern)
		require.NoError(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			texts[strings.TrimPrefix(file, "../../")] = string(text)
		}
	}
	require.Greater(t, len(texts), 10)
	return texts
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// What GitHub leaves out of a heading's anchor.
	notInAnchor = regexp.MustCompile(`[^\pL\pN _-]`)
)

// anchors are those of a page's headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		found[strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-")] = true
	}
	return found
}

func TestLinksBetweenPagesLeadSomewhere(t *testing.T) {
	texts := pages(t)
	links := 0
	for page, text := range texts {
		for _, match := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(match[1], "://") {
				continue
			}
			links++
			file, anchor, _ := strings.Cut(match[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			_, err := os.Stat("../../" + target)
			require.NoError(t, err, "%s links to %s", page, match[1])
			if anchor != "" {
				require.True(t, anchors(texts[target])[anchor], "%s links to %s, and %s has no such heading", page, match[1], target)
			}
		}
	}
	require.Greater(t, links, 50)
}

var (
	testCommand   = regexp.MustCompile("`[^`]*go test (\\./\\S+) -run (Test\\w+)[^`]*`")
	parityCommand = regexp.MustCompile("`make parity PARITY='([^']+)'`")
)

// Each command of the track record runs something.
func TestCommandsOfTheTrackRecordExist(t *testing.T) {
	_, record, found := strings.Cut(pages(t)["docs/testing.md"], "\n## Track record\n")
	require.True(t, found)
	tests := testCommand.FindAllStringSubmatch(record, -1)
	require.Greater(t, len(tests), 10)
	for _, command := range tests {
		files, err := filepath.Glob("../../" + command[1] + "/*_test.go")
		require.NoError(t, err)
		defined := false
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			defined = defined || strings.Contains(string(text), "\nfunc "+command[2]+"(")
		}
		require.True(t, defined, "%s has no %s", command[1], command[2])
	}
	cases := parityCommand.FindAllStringSubmatch(record, -1)
	require.Greater(t, len(cases), 3)
	table := pages(t)["docs/parity.md"]
	for _, command := range cases {
		require.Contains(t, table, "\n| "+strings.ReplaceAll(command[1], "_", " "), "no such case")
	}
}
