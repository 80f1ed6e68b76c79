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

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

func metrics(s verify.Summary, at int64) *report.Metrics {
	return report.NewMetrics("azure container=a", s, time.Unix(at-60, 0), time.Unix(at, 0))
}

func TestMetricsRememberWhenNothingWasFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "registry.prom")
	clean, damaged := verify.Summary{Mode: "quick", Finished: true}, summary()
	const (
		here          = `{storage="azure,container=a"} `
		lastClean     = "registry_verify_last_clean_timestamp_seconds" + here
		lastFullClean = "registry_verify_last_full_clean_timestamp_seconds" + here
	)
	for _, step := range []struct {
		run  verify.Summary
		at   int64
		want []string
		not  string
	}{
		{damaged, 1000, []string{`registry_verify_findings{kind="link-wrong",storage="azure,container=a"} 1`, `registry_verify_findings{kind="blob-missing",storage="azure,container=a"} 0`}, lastClean},
		{clean, 2000, []string{lastClean + "2000", "registry_verify_duration_seconds" + here + "60"}, lastFullClean},
		{verify.Summary{Mode: "full", Finished: true, Left: 3}, 3000, []string{lastClean + "3000", "registry_verify_blobs_left" + here + "3"}, lastFullClean},
		{verify.Summary{Mode: "full", Finished: true}, 4000, []string{lastClean + "4000", lastFullClean + "4000"}, "link-dangling"},
		{damaged, 5000, []string{lastClean + "4000", lastFullClean + "4000", "last_run_timestamp_seconds" + here + "5000"}, "upload-abandoned"},
		{verify.Summary{Mode: "quick"}, 6000, []string{lastClean + "4000", "registry_verify_last_run_finished" + here + "0"}, "6.0e"},
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

// keeper keeps families by their names, as node exporter's file does when it is
// written by us, and as a Pushgateway does with a POST: "only metrics with the same
// name as the newly pushed metrics are replaced".
type keeper struct {
	name  string
	leave func(*testing.T, *report.Metrics)
	kept  func(*testing.T) string
}

func keepers(t *testing.T) []keeper {
	t.Helper()
	file := filepath.Join(t.TempDir(), "registry.prom")
	families := make(map[string]*dto.MetricFamily)
	gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		decoder := expfmt.NewDecoder(r.Body, expfmt.ResponseFormat(r.Header))
		for {
			family := new(dto.MetricFamily)
			if err := decoder.Decode(family); err != nil {
				break
			}
			families[family.GetName()] = family
		}
	}))
	t.Cleanup(gateway.Close)
	return []keeper{{
		"file",
		func(t *testing.T, m *report.Metrics) { require.NoError(t, m.Write(file)) },
		func(t *testing.T) string {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			return string(content)
		},
	}, {
		"Pushgateway",
		func(t *testing.T, m *report.Metrics) { require.NoError(t, m.Push(t.Context(), gateway.URL)) },
		func(t *testing.T) string {
			var text strings.Builder
			for _, family := range families {
				_, err := expfmt.MetricFamilyToText(&text, family)
				require.NoError(t, err)
			}
			return text.String()
		},
	}}
}

// A nightly slice pushed when it was clean, as one of two labels of a name, and a
// Pushgateway then forgot when the last full check had been.
func TestSliceDoesNotForgetTheLastFullCheck(t *testing.T) {
	for _, k := range keepers(t) {
		t.Run(k.name, func(t *testing.T) {
			k.leave(t, metrics(verify.Summary{Mode: "full", Finished: true}, 1000))
			k.leave(t, metrics(verify.Summary{Mode: "full", Finished: true, Left: 3}, 2000))
			require.Regexp(t, `registry_verify_last_clean_timestamp_seconds(\{.*\})? 2000`, k.kept(t))
			require.Regexp(t, `registry_verify_last_full_clean_timestamp_seconds(\{.*\})? 1000`, k.kept(t))
		})
	}
}

// A run that ends before it could look at anything, because storage is away, told
// that there was no damage: the alert of it went.
func TestRunThatWasBrokenOffDoesNotForgetDamage(t *testing.T) {
	for _, k := range keepers(t) {
		t.Run(k.name, func(t *testing.T) {
			k.leave(t, metrics(summary(), 1000))
			k.leave(t, metrics(verify.Summary{Mode: "full"}, 2000))
			require.Regexp(t, `registry_verify_last_run_finished(\{.*\})? 0`, k.kept(t))
			require.Regexp(t, `registry_verify_findings\{kind="link-wrong".*\} 1`, k.kept(t))
			k.leave(t, metrics(verify.Summary{Mode: "full", Finished: true}, 3000))
			require.Regexp(t, `registry_verify_findings\{kind="link-wrong".*\} 0`, k.kept(t))
		})
	}
}

func TestMetricsArePushed(t *testing.T) {
	var requests []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests = append(requests, r.Method+" "+r.URL.EscapedPath()+" "+string(body))
		w.WriteHeader(http.StatusOK)
	}))
	defer server.Close()
	require.NoError(t, metrics(summary(), 1000).Push(t.Context(), server.URL))
	require.Len(t, requests, 1)
	require.Contains(t, requests[0], "POST /metrics/job/registry-verify/storage/azure%2Ccontainer%3Da ", "adds to what is there")
	require.Contains(t, requests[0], "registry_verify_findings")
	server.Close()
	require.Error(t, metrics(summary(), 1000).Push(t.Context(), server.URL))
}
