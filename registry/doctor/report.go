package doctor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
)

// SchemaVersion is the version of the report as JSON. It changes when a field changes its
// meaning or goes; fields may be added without.
const SchemaVersion = 1

// Report is what doctor found.
type Report struct {
	Schema   int             `json:"schema_version"`
	Config   string          `json:"config"` // path of the configuration
	Result   azure.Result    `json:"result"` // of all checks together
	Checks   []azure.Row     `json:"checks"`
	Settings []azure.Setting `json:"settings"` // of the storage, and who says so
	Answers  []azure.Answer  `json:"answers,omitempty"`
}

func (r *Report) add(name string, row azure.Row) {
	row.Name = name
	r.Checks = append(r.Checks, row)
}

func writeJSON(w io.Writer, r Report) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// writeTable writes a row a line, and below one that isn't ok what it means and what to do.
func writeTable(w io.Writer, r Report) error {
	const name, result, from = 27, 9, 13
	var b strings.Builder
	line := func(n, res, text string) { fmt.Fprintf(&b, "%-*s%-*s%s\n", name, n, result, res, text) }
	line("CHECK", "RESULT", "FOUND")
	counts := map[azure.Result]int{}
	for _, row := range r.Checks {
		counts[row.Result]++
		line(row.Name, string(row.Result), row.Found)
		if row.Means != "" {
			line("", "", "  means: "+row.Means)
		}
		if row.Do != "" {
			line("", "", "  do:    "+row.Do)
		}
	}
	if len(r.Settings) > 0 {
		fmt.Fprintf(&b, "\n%-*s%-*s%s\n", name, "SETTING", from, "FROM", "VALUE")
	}
	for _, s := range r.Settings {
		fmt.Fprintf(&b, "%-*s%-*s%s\n", name, s.Key, from, s.From, s.Text)
	}
	writeAnswers(&b, r.Answers)
	fmt.Fprintf(&b, "\n%d checks: %d ok, %d warnings, %d failed, %d skipped.\n", len(r.Checks),
		counts[azure.OK], counts[azure.Warning], counts[azure.Failed], counts[azure.Skipped])
	_, err := io.WriteString(w, b.String())
	return err
}

// writeAnswers writes what this project's model of the service, Azurite and this account
// answer. What isn't the same three times is marked.
func writeAnswers(b *strings.Builder, answers []azure.Answer) {
	const question, one = 68, 35
	if len(answers) == 0 {
		return
	}
	fmt.Fprintf(b, "\n  %-*s%-*s%-*s%s\n", question, "QUESTION", one, "MODEL", one, "AZURITE", "HERE")
	for _, a := range answers {
		mark := " "
		if !a.Same() {
			mark = "*"
		}
		fmt.Fprintf(b, "%s %-*s%-*s%-*s%s\n", mark, question, a.Question, one, a.Model, one, a.Emulator, a.Here)
	}
}
