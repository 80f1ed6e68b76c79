package repair

import (
	"context"
	"fmt"
	"slices"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// resume finishes what an earlier run had prepared and perhaps not done. What it
// hadn't begun to do is left to the findings. It returns the files that it
// reported on.
func (r *repairer) resume(ctx context.Context, report func(Result, error) error) (map[string]bool, error) {
	finished := make(map[string]bool)
	folders, err := r.List(ctx, layout.Quarantine)
	if isNotFound(err) {
		return finished, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing %s: %w", layout.Quarantine, err)
	}
	slices.Sort(folders)
	for _, folder := range folders {
		record, err := load(ctx, r, folder)
		if err != nil {
			return nil, err
		}
		if record == nil || record.State != Prepared {
			continue
		}
		result, done, err := r.finish(ctx, record)
		if !done && err == nil {
			continue
		}
		finished[record.Target] = true
		if err := report(result, err); err != nil {
			return nil, err
		}
	}
	return finished, nil
}

// finish completes a record whose target is no longer the original.
func (r *repairer) finish(ctx context.Context, record *Record) (result Result, done bool, err error) {
	result = Result{
		Finding: verify.Finding{Kind: record.Kind, Path: record.Target, Reach: verify.Reach{Tags: record.Tags}},
		Record:  record.Path(),
		Action:  record.Action,
		Detail:  "finished what an earlier run began",
	}
	now, err := r.version(ctx, record.Target)
	if err != nil {
		return result, false, err
	}
	missing := now == version{}
	if missing && record.Action == Mended {
		if !r.o.Apply {
			result.Action, result.Detail = WouldMend, "finish what an earlier run began"
			return result, true, nil
		}
		return result, true, r.putInPlace(ctx, record, now)
	}
	happened := missing
	if record.Action == Mended {
		happened, err = r.holds(ctx, record.Target, *record.Result)
	} else {
		result.Push = record.Tags
	}
	if !happened || !r.o.Apply || err != nil {
		return result, false, err
	}
	return result, true, r.close(ctx, record)
}

// close marks a record as done, and removes what was left beside it.
func (r *repairer) close(ctx context.Context, record *Record) error {
	if err := r.remove(ctx, record.beside()); err != nil {
		return err
	}
	return record.save(ctx, r, Applied)
}
