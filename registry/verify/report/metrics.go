package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// lastClean is the one series that a run takes over from the one before: when
// nothing was found last.
const lastClean = "registry_verify_last_clean_timestamp_seconds"

// Metrics are the series of one run, for alerts and dashboards. A run ends long
// before anybody could scrape it, so they are left in a file for node exporter's
// textfile collector, or pushed to a Pushgateway.
type Metrics struct {
	registry *prometheus.Registry
	clean    *prometheus.GaugeVec
}

// NewMetrics tells of a run over a whole registry that ended now.
func NewMetrics(s verify.Summary, began, now time.Time) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	gauge := func(name, help string, value float64) {
		g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "registry_verify_" + name, Help: help})
		g.Set(value)
		m.registry.MustRegister(g)
	}
	finished := 0.0
	if s.Finished {
		finished = 1
	}
	gauge("last_run_timestamp_seconds", "When the last run ended.", float64(now.Unix()))
	gauge("last_run_finished", "Whether the last run could look at everything.", finished)
	gauge("duration_seconds", "How long the last run took.", now.Sub(began).Seconds())
	gauge("litter", "What the last run found that is no damage.", float64(s.Litter))
	gauge("blobs", "Blobs that are stored.", float64(s.Blobs))
	gauge("blobs_left", "Blobs that the last run left unread because of --max-bytes.", float64(s.Left))
	gauge("hashed_bytes", "What the last run read and hashed.", float64(s.HashedBytes))
	found := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "registry_verify_findings", Help: "What the last run found, litter apart.",
	}, []string{"kind"})
	for _, kind := range verify.Damage() {
		found.WithLabelValues(string(kind)).Set(float64(s.ByKind[kind]))
	}
	m.clean = prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: lastClean, Help: "When a run last found nothing: one of any mode, or a full one that has read all.",
	}, []string{"mode"})
	m.registry.MustRegister(found, m.clean)
	if s.Finished && s.Findings == 0 {
		m.clean.WithLabelValues("quick").Set(float64(now.Unix()))
		if s.Mode == "full" && s.Left == 0 {
			m.clean.WithLabelValues("full").Set(float64(now.Unix()))
		}
	}
	return m
}

// Gather implements prometheus.Gatherer.
func (m *Metrics) Gather() ([]*dto.MetricFamily, error) { return m.registry.Gather() }

// Write replaces a file, in one step, which node exporter demands.
func (m *Metrics) Write(path string) error {
	if err := m.takeOver(path); err != nil {
		return fmt.Errorf("reading the metrics of the last run in %s: %w", path, err)
	}
	if err := prometheus.WriteToTextfile(path, m); err != nil {
		return fmt.Errorf("writing the metrics: %w", err)
	}
	return nil
}

// takeOver keeps what an earlier run said of when nothing was found.
func (m *Metrics) takeOver(path string) error {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	family, ok := families[lastClean]
	if !ok {
		return nil
	}
	for _, metric := range family.GetMetric() {
		m.keep(metric)
	}
	return nil
}

func (m *Metrics) keep(earlier *dto.Metric) {
	for _, label := range earlier.GetLabel() {
		if label.GetName() != "mode" {
			continue
		}
		var now dto.Metric
		gauge := m.clean.WithLabelValues(label.GetValue())
		if err := gauge.Write(&now); err == nil && now.GetGauge().GetValue() < earlier.GetGauge().GetValue() {
			gauge.Set(earlier.GetGauge().GetValue())
		}
	}
}

// Push adds the series to those of a Pushgateway, which keeps those that this run
// has nothing to say of.
func (m *Metrics) Push(ctx context.Context, url string) error {
	if err := push.New(url, "registry-verify").Gatherer(m).AddContext(ctx); err != nil {
		return fmt.Errorf("pushing the metrics: %w", err)
	}
	return nil
}
