package repair

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/unrepeat"
)

// State says how far what a record is about has got.
type State string

// The states of a record.
const (
	Prepared State = "prepared" // may or may not have been done
	Applied  State = "applied"
	Undoing  State = "undoing" // may or may not have been undone
	Undone   State = "undone"
	// Superseded: the file was deleted or stored anew before it was done.
	Superseded State = "superseded"
)

// Record is what was done to one file, and all that it takes to undo it. It is
// stored as JSON beside the original.
type Record struct {
	State  State       `json:"state"`
	Action Action      `json:"action"` // Mended or Quarantined
	Kind   verify.Kind `json:"kind"`
	// Target is the path of the file.
	Target string `json:"target"`
	// Original is what was stored there.
	Original Content `json:"original"`
	// Result is what is stored there now; nil if nothing is.
	Result *Content `json:"result,omitempty"`
	// Left is the state of the file that was left there; zero if nobody can tell
	// whether it was repair that left it.
	Left verify.Version `json:"left,omitzero"`
	// Cuts is what was cut out of a blob.
	Cuts []unrepeat.Cut `json:"cuts,omitempty"`
	// Link is what was written to a link.
	Link string `json:"link,omitempty"`
	// Tags are those that the damage reached.
	Tags []string  `json:"tags,omitempty"`
	Time time.Time `json:"time"` // of the last change of state

	folder string
}

// Content identifies the content of a file.
type Content struct {
	Digest digest.Digest `json:"digest"`
	Size   int64         `json:"size"`
}

// Path is where the record is stored.
func (r *Record) Path() string { return path.Join(r.folder, "record.json") }

func (r *Record) original() string { return path.Join(r.folder, "original") }

// beside is where the file that is to replace the target is made.
func (r *Record) beside() string { return path.Join(r.folder, "beside") }

// newRecord begins the record of what is to be done about a finding.
func newRecord(f verify.Finding, action Action, original Content) *Record {
	kind, _, _ := strings.Cut(string(f.Kind), "-")
	name := digest.FromString(f.Path + "\n" + original.Digest.String()).Encoded()[:16]
	return &Record{
		Action: action, Kind: f.Kind, Target: f.Path, Original: original, Tags: f.Tags,
		folder: path.Join(layout.Quarantine, kind+"-"+name),
	}
}

// save stores the record in a new state.
func (r *Record) save(ctx context.Context, driver storagedriver.StorageDriver, state State) error {
	r.State, r.Time = state, time.Now().UTC()
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := driver.PutContent(ctx, r.Path(), content); err != nil {
		return fmt.Errorf("writing the record %s: %w", r.Path(), err)
	}
	return nil
}

// load reads the record in a folder; nil if there is none.
func load(ctx context.Context, driver storagedriver.StorageDriver, folder string) (*Record, error) {
	r := &Record{folder: folder}
	content, err := driver.GetContent(ctx, r.Path())
	if isNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the record %s: %w", r.Path(), err)
	}
	if err := json.Unmarshal(content, r); err != nil {
		return nil, fmt.Errorf("reading the record %s: %w", r.Path(), err)
	}
	return r, nil
}

func isNotFound(err error) bool {
	var notFound storagedriver.PathNotFoundError
	return errors.As(err, &notFound)
}
