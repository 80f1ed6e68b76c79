package observability

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runbookPage is where the alerts lead to. GitHub makes a heading's anchor of its letters.
const runbookPage = "https://github.com/distribution-azure/distribution/blob/main/docs/operations.md#"

// runbook is the section of an alert.
type runbook string

func runbooks(t *testing.T) map[string]runbook {
	t.Helper()
	_, alerts, found := strings.Cut(string(read(t, docsFile)), "\n## Alerts\n")
	require.True(t, found, "the page has no heading Alerts")
	sections := map[string]runbook{}
	for section := range strings.SplitSeq(alerts, "\n### `") {
		if alert, text, found := strings.Cut(section, "`\n"); found && !strings.Contains(alert, "\n") {
			sections[alert] = runbook(text)
		}
	}
	require.NotEmpty(t, sections)
	return sections
}

// queries are the blocks in one language.
func (r runbook) queries(language string) []string {
	var found []string
	block := regexp.MustCompile("(?s)```" + language + "\n(.*?)```")
	for _, match := range block.FindAllStringSubmatch(string(r), -1) {
		found = append(found, match[1])
	}
	return found
}

func TestEveryAlertLeadsToItsRunbook(t *testing.T) {
	sections := runbooks(t)
	for _, r := range rules(t) {
		if r.Alert == "" {
			continue
		}
		require.Equal(t, runbookPage+strings.ToLower(r.Alert), r.Annotations["runbook_url"])
		require.Contains(t, sections, r.Alert)
		require.NotEmpty(t, sections[r.Alert].queries("promql"), r.Alert)
		require.NotEmpty(t, sections[r.Alert].queries("logql"), r.Alert)
	}
}

// contained is what a query demands of a line: a text, or one of several.
var contained = regexp.MustCompile(`\|[=~] "([^"]*)"`)

// What a runbook looks for is logged.
func TestRunbooksLookForWhatIsLogged(t *testing.T) {
	messages := logMessages(t)
	looked := 0
	for alert, section := range runbooks(t) {
		for _, query := range section.queries("logql") {
			for _, match := range contained.FindAllStringSubmatch(query, -1) {
				for text := range strings.SplitSeq(match[1], "|") {
					if !strings.Contains(text, " ") || slices.Contains(notOurs, text) {
						continue
					}
					looked++
					require.True(t, slices.ContainsFunc(messages, func(m string) bool { return strings.Contains(m, text) }),
						"%s looks for %q, which is never logged", alert, text)
				}
			}
		}
	}
	require.Greater(t, looked, 5)
}

// notOurs are texts that the registry, a command, Go, HTTP or the driver's errors put into a line.
var notOurs = []string{
	"response completed", "401 Unauthorized", "403 Forbidden", "connection refused", "no such host",
	"something in between answers", "no answer in time",
	"could not finish", // a command on its error output
}
