package product

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlanForUpstreamNamesEveryPullRequest(t *testing.T) {
	plan, err := os.ReadFile("../../docs/upstreaming.md")
	require.NoError(t, err)
	series, err := os.ReadFile("../../patches/series.upstream")
	require.NoError(t, err)
	patches := 0
	for line := range strings.Lines(string(series)) {
		name, _, _ := strings.Cut(line, "#")
		if name = strings.TrimSpace(name); name != "" {
			require.Contains(t, string(plan), "`"+name+"`")
			patches++
		}
	}
	require.Greater(t, patches, 5)
}
