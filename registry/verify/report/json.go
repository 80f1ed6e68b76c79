package report

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// Schema is the version of the report's lines. It changes when a field changes its
// meaning or goes; fields may be added without. Reports without one, of version 1,
// don't say what was seen: repair leaves their links and damaged blobs alone.
const Schema = 2

// The lines of a report. They tell themselves apart by their type.
type (
	findingLine struct {
		Type   string `json:"type"` // "finding"
		Schema int    `json:"schema_version"`
		verify.Finding
	}
	summaryLine struct {
		Type   string `json:"type"` // "summary"
		Schema int    `json:"schema_version"`
		verify.Summary
	}
)

// JSON writes one finding a line, as they are found, and a summary as the last
// line.
type JSON struct{ encoder *json.Encoder }

// NewJSON returns a report that is written to w.
func NewJSON(w io.Writer) *JSON { return &JSON{lines(w)} }

// lines encodes a value a line, for programs and not for browsers.
func lines(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}

// Finding writes one finding.
func (j *JSON) Finding(f verify.Finding) error {
	return j.encoder.Encode(findingLine{"finding", Schema, f})
}

// Summary ends the report.
func (j *JSON) Summary(s verify.Summary) error {
	return j.encoder.Encode(summaryLine{"summary", Schema, s})
}

// errUnfinished is why a report without a summary is refused.
var errUnfinished = errors.New("the report has no summary: the run that wrote it was broken off")

// ReadJSON reads the findings of a whole report.
func ReadJSON(r io.Reader) ([]verify.Finding, error) {
	var findings []verify.Finding
	decoder := json.NewDecoder(bufio.NewReader(r))
	for {
		var l findingLine // a summary's lists are numbers: see the type first
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil, errUnfinished
		}
		var kind struct{ Type string }
		if err == nil {
			err = json.Unmarshal(raw, &kind)
		}
		if kind.Type == "summary" {
			return findings, nil
		}
		if err == nil {
			err = json.Unmarshal(raw, &l)
		}
		if err == nil && l.Schema > Schema {
			err = fmt.Errorf("it has the schema version %d, and this registry knows %d", l.Schema, Schema)
		}
		if err == nil && l.Type != "finding" {
			err = fmt.Errorf("line of type %q", l.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the report: %w", err)
		}
		findings = append(findings, l.Finding)
	}
}
