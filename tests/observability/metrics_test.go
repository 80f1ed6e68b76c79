package observability

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	_ "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure" // registers its metrics
	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

const (
	rulesFile     = "../../deploy/prometheus/rules.yml"
	dashboardFile = "../../deploy/grafana/dashboard.json"
	docsFile      = "../../docs/operations.md"

	prefix = "registry_storage_azure_"
)

// exported are the driver's metrics by name.
func exported(t *testing.T) map[string]*dto.MetricFamily {
	t.Helper()
	families, err := prometheus.DefaultGatherer.Gather()
	require.NoError(t, err)
	found := map[string]*dto.MetricFamily{}
	for _, family := range families {
		if strings.HasPrefix(family.GetName(), prefix) {
			found[family.GetName()] = family
		}
	}
	require.NotEmpty(t, found)
	return found
}

// rule is an alert or a recorded series.
type rule struct {
	Alert, Record, Expr string
	Annotations         map[string]string
}

func rules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	require.NoError(t, yaml.Unmarshal(read(t, rulesFile), &file))
	var all []rule
	for _, group := range file.Groups {
		require.NotEmpty(t, group.Rules)
		all = append(all, group.Rules...)
	}
	require.NotEmpty(t, all)
	return all
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return content
}

// queries are all PromQL expressions that the project ships, by where they are.
func queries(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, r := range rules(t) {
		found["rule "+r.Alert+r.Record] = r.Expr
	}
	for alert, section := range runbooks(t) {
		for i, query := range section.queries("promql") {
			found[fmt.Sprintf("runbook %s %d", alert, i+1)] = query
		}
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ RefID, Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(read(t, dashboardFile), &dashboard))
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			found["panel "+panel.Title+" "+target.RefID] = target.Expr
		}
	}
	return found
}

var (
	selector = regexp.MustCompile(`(registry_(?:storage_azure|verify)_\w+)(?:\{([^}]*)\})?`)
	matcher  = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	suffix   = regexp.MustCompile(`_(bucket|sum|count)$`)
)

// targetLabels are set by Prometheus, le by the histogram.
var targetLabels = map[string]bool{"job": true, "instance": true, "le": true}

// anyValue are labels whose values come from the service.
var anyValue = map[string]bool{"status": true, "code": true}

func TestRulesAndDashboardNameWhatIsExported(t *testing.T) {
	metrics := exported(t)
	clean := verify.Summary{Mode: "full", Finished: true}
	families, err := report.NewMetrics("azure", clean, time.Now(), time.Now()).Gather()
	require.NoError(t, err)
	for _, family := range families {
		metrics[family.GetName()] = family
	}
	for where, query := range queries(t) {
		selectors := selector.FindAllStringSubmatch(query, -1)
		if !strings.Contains(query, "registry_storage_azure:") {
			require.NotEmpty(t, selectors, where)
		}
		for _, s := range selectors {
			name := s[1]
			if metrics[name] == nil {
				name = suffix.ReplaceAllString(name, "")
			}
			require.Contains(t, metrics, name, where)
			for _, m := range matcher.FindAllStringSubmatch(s[2], -1) {
				requireLabel(t, metrics[name], m[1], m[3], where)
			}
		}
	}
}

// requireLabel demands that the metric has the label, with each of the values that a matcher names.
func requireLabel(t *testing.T, family *dto.MetricFamily, label, values, where string) {
	t.Helper()
	if targetLabels[label] {
		return
	}
	has := map[string]bool{}
	for _, metric := range family.GetMetric() {
		for _, l := range metric.GetLabel() {
			if l.GetName() == label {
				has[l.GetValue()] = true
			}
		}
	}
	require.NotEmpty(t, has, "%s: %s has no label %s", where, family.GetName(), label)
	if anyValue[label] {
		return
	}
	for value := range strings.SplitSeq(values, "|") {
		require.Contains(t, has, value, "%s: %s is never %s", where, family.GetName(), label)
	}
}

func TestRecordedSeriesExist(t *testing.T) {
	recorded := map[string]bool{}
	for _, r := range rules(t) {
		recorded[r.Record] = true
	}
	name := regexp.MustCompile(`registry_storage_azure:[\w:]+`)
	for where, query := range queries(t) {
		for _, n := range name.FindAllString(query, -1) {
			require.True(t, recorded[n], "%s: %s is recorded by no rule", where, n)
		}
	}
}
