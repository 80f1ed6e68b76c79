package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/distribution-azure/distribution/v3/registry/verify/adopt"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// AdoptJSON writes one result a line, as they are done, and a summary as the last
// line.
type AdoptJSON struct{ encoder *json.Encoder }

// NewAdoptJSON returns a report that is written to w.
func NewAdoptJSON(w io.Writer) *AdoptJSON { return &AdoptJSON{lines(w)} }

// Result writes one result.
func (j *AdoptJSON) Result(r adopt.Result) error {
	return j.encoder.Encode(struct {
		anyLine
		adopt.Result
	}{anyLine{Type: "result", Schema: Schema}, r})
}

// Summary ends the report.
func (j *AdoptJSON) Summary(s adopt.Summary) error {
	return j.encoder.Encode(struct {
		anyLine
		adopt.Summary
	}{anyLine{Type: "summary", Schema: Schema}, s})
}

// AdoptTable writes a table for people: of tags, and of what needs a person. There
// may be millions of other files.
type AdoptTable struct {
	w       io.Writer
	applied bool
	results []adopt.Result
}

// NewAdoptTable returns a report that is written to w when it ends. applied is false
// for a dry run.
func NewAdoptTable(w io.Writer, applied bool) *AdoptTable {
	return &AdoptTable{w: w, applied: applied}
}

// Result takes one result.
func (t *AdoptTable) Result(r adopt.Result) error {
	odd := r.Action == adopt.Differs || r.Action == adopt.Changed || r.Action == adopt.Failed
	if odd || layout.Parse(r.Path).Kind == layout.TagCurrent {
		t.results = append(t.results, r)
	}
	return nil
}

// Summary writes the table, and how many files there were of each action.
func (t *AdoptTable) Summary(s adopt.Summary) error {
	var b strings.Builder
	if len(t.results) > 0 {
		slices.SortFunc(t.results, func(a, b adopt.Result) int { return strings.Compare(a.Path, b.Path) })
		rows := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(rows, "ACTION\tWHAT\tDETAIL")
		for _, r := range t.results {
			_, _ = fmt.Fprintf(rows, "%s\t%s\t%s%s\n", r.Action, tagOrPath(r.Path), r.Detail, r.Error)
		}
		_ = rows.Flush()
		b.WriteByte('\n')
	}
	var counts []string
	for _, action := range slices.Sorted(maps.Keys(s.ByAction)) {
		counts = append(counts, fmt.Sprintf("%d %s", s.ByAction[action], action))
	}
	switch {
	case len(counts) > 0:
		fmt.Fprintf(&b, "Files: %s.\n", strings.Join(counts, ", "))
	case s.Finished:
		b.WriteString("Nothing is under the other root prefix.\n")
	}
	if !t.applied && s.Remaining > 0 {
		b.WriteString("This was a dry run: nothing has been written. --apply does it.\n")
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// tagOrPath names a tag as people do.
func tagOrPath(p string) string {
	if e := layout.Parse(p); e.Kind == layout.TagCurrent {
		return e.Repository + ":" + e.Name
	}
	return strings.TrimPrefix(p, layout.Root+"/")
}
