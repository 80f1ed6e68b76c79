// Package alerts holds no code. Its tests fail where Prometheus or Grafana would refuse what deploy/ gives
// to them. They stand for `promtool check rules`, which takes minutes to build, and look at the dashboard too.
package alerts

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// TestRules reads the alert rules as Prometheus does when it starts, expressions and templates included.
func TestRules(t *testing.T) {
	groups, errs := rulefmt.ParseFile("../../deploy/prometheus/rules.yml", false, model.UTF8Validation)
	for _, err := range errs {
		t.Error(err)
	}
	if t.Failed() {
		return
	}
	rules := 0
	for _, group := range groups.Groups {
		rules += len(group.Rules)
	}
	if rules == 0 {
		t.Error("there are no rules")
	}
}

// TestRunbooks parses the queries that the alerts' runbooks give to paste.
func TestRunbooks(t *testing.T) {
	content, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(content), "```promql\n")[1:]
	for _, block := range blocks {
		query, _, closed := strings.Cut(block, "```")
		if _, err := parser.ParseExpr(query); err != nil || !closed {
			t.Errorf("%s: %v", query, err)
		}
	}
	if len(blocks) == 0 {
		t.Error("there are no queries")
	}
}

// grafana puts durations where Grafana does.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$__interval", "1m", "$__range", "1h")

// TestDashboard parses the queries of all panels.
func TestDashboard(t *testing.T) {
	content, err := os.ReadFile("../../deploy/grafana/dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(content, &dashboard); err != nil {
		t.Fatal(err)
	}
	queries := 0
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries++
			if _, err := parser.ParseExpr(grafana.Replace(target.Expr)); err != nil {
				t.Errorf("panel %q: %v", panel.Title, err)
			}
		}
	}
	if queries == 0 {
		t.Error("there are no queries")
	}
}
