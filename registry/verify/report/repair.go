package report

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
)

// RepairJSON writes one result a line, as they are done, and a summary as the last
// line.
type RepairJSON struct{ encoder *json.Encoder }

// NewRepairJSON returns a report that is written to w.
func NewRepairJSON(w io.Writer) *RepairJSON { return &RepairJSON{lines(w)} }

// Result writes one result.
func (j *RepairJSON) Result(r repair.Result) error {
	return j.encoder.Encode(struct {
		anyLine
		repair.Result
	}{anyLine{Type: "result", Schema: Schema}, r})
}

// Summary ends the report.
func (j *RepairJSON) Summary(s repair.Summary) error {
	return j.encoder.Encode(struct {
		anyLine
		repair.Summary
	}{anyLine{Type: "summary", Schema: Schema}, s})
}

// RepairTable collects results and writes them as a table for people.
type RepairTable struct {
	w       io.Writer
	applied bool
	results []repair.Result
}

// NewRepairTable returns a report that is written to w when it ends. applied is
// false for a dry run.
func NewRepairTable(w io.Writer, applied bool) *RepairTable {
	return &RepairTable{w: w, applied: applied}
}

// Result takes one result.
func (t *RepairTable) Result(r repair.Result) error {
	t.results = append(t.results, r)
	return nil
}

// Summary writes the table, what to push, and what was done.
func (t *RepairTable) Summary(s repair.Summary) error {
	var b strings.Builder
	if len(t.results) > 0 {
		rows := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
		_, _ = fmt.Fprintln(rows, "ACTION\tFINDING\tWHAT\tDETAIL\tRECORD")
		for _, r := range t.results {
			_, _ = fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\n", r.Action, r.Finding.Kind, what(r.Finding), detail(r), r.Record)
		}
		_ = rows.Flush()
		b.WriteByte('\n')
	}
	t.writePush(&b)
	writeActions(&b, s)
	if !t.applied && s.ByAction[repair.WouldMend]+s.ByAction[repair.WouldQuarantine]+s.ByAction[repair.WouldRemove] > 0 {
		b.WriteString("This was a dry run: nothing has been written. --apply does it.\n")
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

func detail(r repair.Result) string {
	if r.Error != "" {
		return r.Error
	}
	return r.Detail
}

// writePush lists the images that have to be pushed again.
func (t *RepairTable) writePush(b *strings.Builder) {
	var push []string
	for _, r := range t.results {
		push = append(push, r.Push...)
	}
	slices.Sort(push)
	push = slices.Compact(push)
	if len(push) == 0 {
		return
	}
	b.WriteString("To be pushed again:\n")
	for _, image := range push {
		fmt.Fprintf(b, "  %s\n", image)
	}
	b.WriteByte('\n')
}

func writeActions(b *strings.Builder, s repair.Summary) {
	if len(s.ByAction) == 0 {
		b.WriteString("Nothing to repair.\n")
		return
	}
	for i, action := range slices.Sorted(maps.Keys(s.ByAction)) {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(b, "%d %s", s.ByAction[action], action)
	}
	b.WriteString(".\n")
}
