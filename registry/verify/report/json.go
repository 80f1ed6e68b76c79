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
	// anyLine is what every line has.
	anyLine struct {
		Type    string `json:"type"` // "finding", "result" or "summary"
		Schema  int    `json:"schema_version"`
		Storage string `json:"storage,omitempty"` // of a summary
	}
	findingLine struct {
		anyLine
		verify.Finding
	}
	summaryLine struct {
		anyLine
		verify.Summary
	}
)

// JSON writes one finding a line, as they are found, and a summary as the last
// line.
type JSON struct {
	encoder *json.Encoder
	storage string
}

// NewJSON returns a report that is written to w. storage names what it is about, for
// ReadJSON; it may be empty.
func NewJSON(w io.Writer, storage string) *JSON { return &JSON{lines(w), storage} }

// lines encodes a value a line, for programs and not for browsers.
func lines(w io.Writer) *json.Encoder {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return encoder
}

// Finding writes one finding.
func (j *JSON) Finding(f verify.Finding) error {
	return j.encoder.Encode(findingLine{anyLine{Type: "finding", Schema: Schema}, f})
}

// Summary ends the report.
func (j *JSON) Summary(s verify.Summary) error {
	return j.encoder.Encode(summaryLine{anyLine{"summary", Schema, j.storage}, s})
}

// errUnfinished is why a report without a summary is refused.
var errUnfinished = errors.New("the report has no summary: the run that wrote it was broken off")

// ReadJSON reads the findings of a whole report. One that is about another storage is
// refused, unless either isn't named.
func ReadJSON(r io.Reader, storage string) ([]verify.Finding, error) {
	var findings []verify.Finding
	decoder := json.NewDecoder(bufio.NewReader(r))
	for {
		var raw json.RawMessage // a summary's lists are numbers: see the type first
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return nil, errUnfinished
		}
		var line anyLine
		if err == nil {
			err = json.Unmarshal(raw, &line)
		}
		var f verify.Finding
		switch {
		case err != nil:
		case line.Schema > Schema:
			err = fmt.Errorf("it has the schema version %d, and this registry knows %d", line.Schema, Schema)
		case line.Type == "summary" && line.Storage != "" && storage != "" && line.Storage != storage:
			err = fmt.Errorf("it is about %q, not %q", line.Storage, storage)
		case line.Type == "summary":
			return findings, nil
		case line.Type != "finding":
			err = fmt.Errorf("line of type %q", line.Type)
		default:
			err = json.Unmarshal(raw, &f)
		}
		if err != nil {
			return nil, fmt.Errorf("reading the report: %w", err)
		}
		findings = append(findings, f)
	}
}
