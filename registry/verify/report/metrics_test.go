package report_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

func metrics(s verify.Summary, at int64) *report.Metrics {
	return report.NewMetrics(s, time.Unix(at-60, 0), time.Unix(at, 0))
}

func TestMetricsRememberWhenNothingWasFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registry.prom")
	clean, damaged := verify.Summary{Mode: "quick", Finished: true}, summary()
	for _, step := range []struct {
		run  verify.Summary
		at   int64
		want []string
		not  string
	}{
		{damaged, 1000, []string{`registry_verify_findings{kind="link-wrong"} 1`, `registry_verify_findings{kind="blob-missing"} 0`}, "last_clean_timestamp_seconds{"},
		{clean, 2000, []string{`last_clean_timestamp_seconds{mode="quick"} 2000`, "registry_verify_duration_seconds 60"}, `mode="full"`},
		{verify.Summary{Mode: "full", Finished: true, Left: 3}, 3000, []string{`{mode="quick"} 3000`, "registry_verify_blobs_left 3"}, `mode="full"`},
		{verify.Summary{Mode: "full", Finished: true}, 4000, []string{`{mode="quick"} 4000`, `{mode="full"} 4000`}, "link-dangling"},
		{damaged, 5000, []string{`{mode="quick"} 4000`, `{mode="full"} 4000`, "last_run_timestamp_seconds 5000"}, "upload-abandoned"},
		{verify.Summary{Mode: "quick"}, 6000, []string{`{mode="quick"} 4000`, "registry_verify_last_run_finished 0"}, "6.0e"},
	} {
		require.NoError(t, metrics(step.run, step.at).Write(file))
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, text := range step.want {
			require.Contains(t, string(content), text)
		}
		require.NotContains(t, string(content), step.not)
	}
	require.NoError(t, os.WriteFile(file, []byte("nonsense"), 0o600))
	require.Error(t, metrics(clean, 7000).Write(file))
}

func TestMetricsArePushed(t *testing.T) {
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests = append(requests, r.Method+" "+r.URL.Path+" "+string(body))
		w.WriteHeader(http.StatusOK)
	}))
	defer server.Close()
	require.NoError(t, metrics(summary(), 1000).Push(t.Context(), server.URL))
	require.Len(t, requests, 1)
	require.True(t, strings.HasPrefix(requests[0], "POST /metrics/job/registry-verify "), "adds to what is there")
	require.Contains(t, requests[0], "registry_verify_findings")
	server.Close()
	require.Error(t, metrics(summary(), 1000).Push(t.Context(), server.URL))
}
