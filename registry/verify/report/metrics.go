package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/push"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// Metrics are the series of one run, for alerts and dashboards. A run ends long
// before anybody could scrape it, so they are left in a file for node exporter's
// textfile collector, or pushed to a Pushgateway. Either keeps, name by name, what
// earlier runs said and this one has nothing to say of: when nothing was found last.
// So no two facts that different runs tell may be labels of one name, but for the
// storage, which tells the registries apart that one machine or one cluster checks.
type Metrics struct {
	registry *prometheus.Registry
	storage  string
}

// NewMetrics tells of a run over all of the registry in a storage that ended now.
func NewMetrics(storage string, s verify.Summary, began, now time.Time) *Metrics {
	// A space would be a plus in a Pushgateway, whose client escapes it as in a query.
	m := &Metrics{registry: prometheus.NewRegistry(), storage: strings.ReplaceAll(storage, " ", ",")}
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
	if s.Finished || s.Findings > 0 { // else it was broken off, and what was found before may still be so
		found := prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "registry_verify_findings", Help: "What the last run found, litter apart.",
		}, []string{"kind"})
		for _, kind := range verify.Damage() {
			found.WithLabelValues(string(kind)).Set(float64(s.ByKind[kind]))
		}
		m.registry.MustRegister(found)
	}
	if s.Finished && s.Findings == 0 {
		gauge("last_clean_timestamp_seconds", "When a run, quick or full, last found nothing.", float64(now.Unix()))
		if s.Mode == "full" && s.Left == 0 {
			gauge("last_full_clean_timestamp_seconds", "When a full run last found nothing and left no blob unread.", float64(now.Unix()))
		}
	}
	return m
}

// Gather implements prometheus.Gatherer.
func (m *Metrics) Gather() ([]*dto.MetricFamily, error) {
	families, err := m.registry.Gather()
	label := "storage"
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			metric.Label = append(metric.Label, &dto.LabelPair{Name: &label, Value: &m.storage})
		}
	}
	return families, err
}

// Write replaces a file, in one step, which node exporter demands.
func (m *Metrics) Write(path string) error {
	earlier, err := readMetrics(path)
	if err != nil {
		return fmt.Errorf("reading the metrics of the last run in %s: %w", path, err)
	}
	merged := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
		families, err := m.Gather()
		for _, family := range families {
			delete(earlier, family.GetName())
		}
		return slices.AppendSeq(families, maps.Values(earlier)), err
	})
	if err := prometheus.WriteToTextfile(path, merged); err != nil {
		return fmt.Errorf("writing the metrics: %w", err)
	}
	return nil
}

// readMetrics reads what an earlier run left, nothing if there was none.
func readMetrics(path string) (map[string]*dto.MetricFamily, error) {
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(file)
	return families, errors.Join(err, file.Close())
}

// Push adds the series to those of a Pushgateway, which adds the storage itself.
func (m *Metrics) Push(ctx context.Context, url string) error {
	if err := push.New(url, "registry-verify").Grouping("storage", m.storage).Gatherer(m.registry).AddContext(ctx); err != nil {
		return fmt.Errorf("pushing the metrics: %w", err)
	}
	return nil
}
