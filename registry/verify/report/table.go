package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/docker/go-units"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// Table collects findings and writes them as a table for people.
type Table struct {
	w        io.Writer
	findings []verify.Finding
}

// NewTable returns a report that is written to w when it ends.
func NewTable(w io.Writer) *Table { return &Table{w: w} }

// Finding takes one finding.
func (t *Table) Finding(f verify.Finding) error {
	t.findings = append(t.findings, f)
	return nil
}

// Summary writes the table and what was checked.
func (t *Table) Summary(s verify.Summary) error {
	// A full run finds in no particular order.
	slices.SortFunc(t.findings, func(a, b verify.Finding) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	var b strings.Builder
	if len(t.findings) > 0 {
		writeRows(&b, t.findings)
		b.WriteByte('\n')
	}
	writeSummary(&b, s)
	_, err := io.WriteString(t.w, b.String())
	return err
}

func writeRows(b *strings.Builder, findings []verify.Finding) {
	rows := tabwriter.NewWriter(b, 0, 8, 2, ' ', 0)
	// A tabwriter over a strings.Builder has no errors to give.
	_, _ = fmt.Fprintln(rows, "FINDING\tWHAT\tSIZE\tREACHES\tMENDABLE")
	for _, f := range findings {
		_, _ = fmt.Fprintf(rows, "%s\t%s\t%s\t%s\t%s\n", f.Kind, what(f), size(f), reaches(f), mendable(f))
	}
	_ = rows.Flush()
}

// what names a blob by its digest and anything else by its path.
func what(f verify.Finding) string {
	if strings.HasSuffix(f.Path, "/data") && f.Digest != "" {
		return f.Digest.String()
	}
	return strings.TrimPrefix(f.Path, "/docker/registry/v2/repositories/")
}

func size(f verify.Finding) string {
	switch {
	case f.Stored < 0:
		return "-"
	case f.Expected < 0 || f.Stored == f.Expected:
		return fmt.Sprint(f.Stored)
	default:
		return fmt.Sprintf("%d (%+d)", f.Stored, f.Stored-f.Expected)
	}
}

// reaches names tags where there are some, or else what else there is.
func reaches(f verify.Finding) string {
	const shown = 3
	names := f.Tags
	if len(names) == 0 {
		names = f.Repositories
	}
	if len(names) == 0 {
		return "nothing"
	}
	text := strings.Join(names[:min(shown, len(names))], " ")
	if more := len(names) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if n := len(f.Indexes); n > 0 {
		text += fmt.Sprintf(", %d index(es)", n)
	}
	return text
}

func mendable(f verify.Finding) string {
	return string(f.Mend.Chance) + ": " + f.Mend.How
}

func writeSummary(b *strings.Builder, s verify.Summary) {
	fmt.Fprintf(b, "Checked %d repositories, %d tags, %d manifests, %d blobs of %s",
		s.Repositories, s.Tags, s.Manifests, s.Blobs, units.BytesSize(float64(s.Bytes)))
	if s.Mode == "full" {
		fmt.Fprintf(b, "; hashed %d blobs of %s", s.Hashed, units.BytesSize(float64(s.HashedBytes)))
	}
	if s.Resumed > 0 {
		fmt.Fprintf(b, ", %d more in earlier runs", s.Resumed)
	}
	b.WriteString(".\n")
	if s.Left > 0 {
		fmt.Fprintf(b, "Left %d blobs unread, because of --max-bytes.\n", s.Left)
	}
	switch {
	case s.Findings == 0 && s.Finished:
		b.WriteString("Nothing found.\n")
	case s.Findings > 0:
		fmt.Fprintf(b, "Found %d, of which %d can or may be mended:", s.Findings, s.Mendable)
		for i, kind := range slices.Sorted(maps.Keys(s.ByKind)) {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, " %d %s", s.ByKind[kind], kind)
		}
		b.WriteString(".\n")
	}
	if s.Litter > 0 {
		fmt.Fprintf(b, "And %d that are no damage but litter, which --litter lists.\n", s.Litter)
	}
	if !s.Finished {
		b.WriteString("The run could not finish: there may be more.\n")
	}
}
