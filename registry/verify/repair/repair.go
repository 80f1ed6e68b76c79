package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// Action is what was done about a finding, or would be.
type Action string

// The actions.
const (
	Mended          Action = "mended"
	WouldMend       Action = "would-mend"
	Quarantined     Action = "quarantined"
	WouldQuarantine Action = "would-quarantine"
	Removed         Action = "removed" // of litter
	WouldRemove     Action = "would-remove"
	Left            Action = "left"    // it can't be mended
	Sound           Action = "sound"   // it is right or gone by now
	Changed         Action = "changed" // stored anew or deleted since it was found, and left alone
	Failed          Action = "failed"  // see Error
)

// Options says what to do.
type Options struct {
	// Apply does it. Without it nothing is written.
	Apply bool
	// Quarantine takes away what can't be mended.
	Quarantine bool
	// Litter deletes litter.
	Litter bool
	// Proxy says that the registry is a pull-through cache, to which nobody pushes.
	Proxy bool
}

// Result is what was done about one finding, or would be.
type Result struct {
	Action  Action         `json:"action"`
	Finding verify.Finding `json:"finding"`
	Detail  string         `json:"detail"`
	// Record is the path of the record, for undoing it.
	Record string `json:"record,omitempty"`
	// Push has the images that need to be pushed again, as repository:tag, or as
	// repository@digest where there is no tag.
	Push  []string `json:"push,omitempty"`
	Error string   `json:"error,omitempty"`

	began bool // the file itself may have been written to
}

// Summary counts results.
type Summary struct {
	ByAction map[Action]int `json:"by_action"`
	// Remaining is how many findings are there still, without litter.
	Remaining int  `json:"remaining"`
	Finished  bool `json:"finished"`
}

// repairer holds one run.
type repairer struct {
	files
	o        Options
	findings []verify.Finding
}

// Run does what can be done about the findings, after finishing what an earlier
// run began, and hands each result to emit. One that fails doesn't keep it from
// the others; their errors are returned together at the end.
func Run(ctx context.Context, driver storagedriver.StorageDriver, findings []verify.Finding, o Options, emit func(Result) error) (Summary, error) {
	r := &repairer{files{driver}, o, findings}
	summary := Summary{ByAction: make(map[Action]int)}
	var failures []error
	report := func(result Result, err error) error {
		var changed *ChangedError
		if errors.As(err, &changed) {
			result.Action, result.Detail, err = Changed, "stored anew or deleted since it was found: left alone, verify again", nil
		}
		if err != nil {
			result.Action, result.Error = Failed, err.Error()
			failures = append(failures, err)
		}
		if o.Proxy {
			result.Push = nil
		}
		summary.ByAction[result.Action]++
		if result.Action != Mended && result.Action != Sound && !result.Finding.Kind.Litter() {
			summary.Remaining++
		}
		if err := emit(result); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
		return ctx.Err()
	}
	finished, err := r.resume(ctx, report)
	if err != nil {
		return summary, err
	}
	for _, f := range findings {
		if finished[f.Path] {
			continue
		}
		if err := report(r.treat(ctx, f)); err != nil {
			return summary, errors.Join(append(failures, err)...)
		}
	}
	summary.Finished = len(failures) == 0
	return summary, errors.Join(failures...)
}

// treat does what can be done about a finding.
func (r *repairer) treat(ctx context.Context, f verify.Finding) (Result, error) {
	result := Result{Finding: f}
	err := checkPlace(f)
	if err != nil {
		return result, err
	}
	switch f.Kind {
	case verify.BlobTooLong, verify.BlobTooShort, verify.BlobEmpty, verify.BlobCorrupt, verify.ManifestCorrupt:
		err = r.mendBlob(ctx, &result)
	case verify.LinkWrong:
		err = r.mendLink(ctx, &result)
	case verify.LinkMissing:
		err = r.writeLink(ctx, &result)
	case verify.LinkDangling, verify.UploadAbandoned:
		err = r.removeLitter(ctx, &result)
	default:
		result.Action, result.Detail = Left, f.Mend.How
	}
	if err != nil && !result.began {
		// What was being read may have been replaced or deleted under the reader.
		if now, looked := r.version(ctx, f.Path); looked == nil && !f.Seen.Allows(now) {
			err = &ChangedError{f.Path}
		}
	}
	if err == nil && result.Action != Mended && result.Action != WouldMend && result.Action != Sound {
		result.Push = toPush(f)
	}
	return result, err
}

// toPush names the images that a finding makes it necessary to push again: none, if it
// is about what no manifest names.
func toPush(f verify.Finding) []string {
	if f.Kind.Litter() {
		return nil
	}
	if len(f.Tags) > 0 {
		return f.Tags
	}
	var images []string
	for _, repository := range f.Repositories {
		for _, d := range slices.Concat(f.Manifests, f.Indexes) {
			images = append(images, repository+"@"+d.String())
		}
	}
	return images
}
