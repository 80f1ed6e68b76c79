package product

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPullRequestHasTheNumbersOfThePerformancePage(t *testing.T) {
	page, err := os.ReadFile("../../docs/performance.md")
	require.NoError(t, err)
	text, err := os.ReadFile("../../docs/upstreaming.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "| Work | before | after |\n|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	rows := strings.Split(table, "\n")
	require.Greater(t, len(rows), 3)
	for _, row := range rows {
		require.Contains(t, string(page), "\n"+row, "docs/performance.md says something else")
	}
}
