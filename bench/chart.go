package main

import (
	"fmt"
	"html"
	"math"
	"os"
	"slices"
	"strings"
)

// The chart's measures, in pixels.
const (
	chartRow    = 44
	chartBar    = 14
	chartLabels = 290
	chartScale  = 380 // upstream's bar
	chartWidth  = chartLabels + chartScale + 190
	chartHead   = 56
)

// writeChart draws, for each work, our requests and our time as parts of
// upstream's.
func writeChart(path string, results []result) error {
	results = slices.DeleteFunc(slices.Clone(results), func(r result) bool { return r.Upstream.Requests == 0 }) // oursOnly
	var b strings.Builder
	height := chartHead + chartRow*len(results) + 10
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">`+"\n", chartWidth, height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/>`+"\n", chartWidth, height)
	fmt.Fprintf(&b, `<text x="10" y="22" font-size="16">Ours as a part of upstream's (shorter is better)</text>`+"\n")
	legend(&b, chartLabels, "requests", requestsColour)
	legend(&b, chartLabels+110, "time", timeColour)
	fmt.Fprintf(&b, `<line x1="%[1]d" y1="%[2]d" x2="%[1]d" y2="%[3]d" stroke="#888" stroke-dasharray="4 3"/>`+"\n",
		chartLabels+chartScale, chartHead-6, height-10)
	for i, r := range results {
		y := chartHead + i*chartRow
		fmt.Fprintf(&b, `<text x="10" y="%d">%s</text>`+"\n", y+20, html.EscapeString(r.Work))
		bar(&b, y, r.requestsRatio(), fmt.Sprintf("%d of %d", r.Ours.Requests, r.Upstream.Requests), requestsColour)
		bar(&b, y+chartBar+3, r.timeRatio(), fmt.Sprintf("%.2f of %.2f s", r.Ours.Seconds, r.Upstream.Seconds), timeColour)
	}
	b.WriteString("</svg>\n")
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

const (
	requestsColour = "#0b6e99"
	timeColour     = "#d9822b"
)

func legend(b *strings.Builder, x int, text, colour string) {
	fmt.Fprintf(b, `<rect x="%d" y="34" width="12" height="12" fill="%s"/><text x="%d" y="45">%s</text>`+"\n", x, colour, x+18, text)
}

// bar is at most a quarter longer than upstream's.
func bar(b *strings.Builder, y int, part float64, text, colour string) {
	if math.IsNaN(part) {
		return
	}
	width := int(min(part, 1.25) * chartScale)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="%s"/><text x="%d" y="%d" font-size="11">%s</text>`+"\n",
		chartLabels, y, max(width, 1), chartBar, colour, chartLabels+width+6, y+chartBar-3, html.EscapeString(text))
}
