package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"text/tabwriter"
)

// result is one line of the table.
type result struct {
	Work         string   `json:"work"`
	LatencyMS    float64  `json:"latencyMilliseconds"`
	Bandwidth    int      `json:"bytesPerSecond"`
	Bytes        int64    `json:"bytes"`
	IdealSeconds float64  `json:"idealSeconds"` // 0: the link sets no limit
	Ours         measured `json:"ours"`
	Upstream     measured `json:"upstream"`
}

func (r result) timeRatio() float64 { return ratio(r.Ours.Seconds, r.Upstream.Seconds) }
func (r result) requestsRatio() float64 {
	return ratio(float64(r.Ours.Requests), float64(r.Upstream.Requests))
}
func (r result) cpuRatio() float64 { return ratio(r.Ours.CPUSeconds, r.Upstream.CPUSeconds) }

func ratio(ours, upstream float64) float64 {
	if upstream == 0 {
		return math.NaN()
	}
	return ours / upstream
}

// printTable is what a person reads. A ratio below 1 is in our favour.
func printTable(to io.Writer, results []result) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "work\trequests ours\tupstream\tratio\tseconds ours\tupstream\tratio\tideal\tCPU s ours\tupstream\tratio\tpeak MiB ours\tupstream\t")
	for _, r := range results {
		ideal := "-"
		if r.IdealSeconds > 0 {
			ideal = fmt.Sprintf("%.3f", r.IdealSeconds)
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%.3f\t%.3f\t%.2f\t%s\t%.2f\t%.2f\t%.2f\t%d\t%d\t\n", r.Work,
			r.Ours.Requests, r.Upstream.Requests, r.requestsRatio(),
			r.Ours.Seconds, r.Upstream.Seconds, r.timeRatio(), ideal,
			r.Ours.CPUSeconds, r.Upstream.CPUSeconds, r.cpuRatio(),
			r.Ours.PeakBytes>>20, r.Upstream.PeakBytes>>20)
	}
	return w.Flush()
}

func writeJSON(path string, results []result) error {
	text, err := json.MarshalIndent(results, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
