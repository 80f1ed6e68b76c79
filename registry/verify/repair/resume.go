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
			if err := report(unreadable(folder), err); err != nil {
				return nil, err
			}
			continue
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

// unreadable is the result for a record that can't be read: the run can't tell
// whether something remains to be finished, and goes on with the findings.
func unreadable(folder string) Result {
	record := Record{folder: folder}
	return Result{Finding: verify.Finding{Kind: verify.Unreadable, Path: record.Path()}, Record: record.Path()}
}

// finish completes a record whose target is no longer the original.
//
// A target that isn't there may have been left so by a Move that was killed half
// way; or somebody deleted it since, on purpose. Only a finding of this run, made
// after the record was, tells: what nobody misses isn't brought back.
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
	missing := now == verify.Version{}
	if missing && record.Action == Mended {
		switch {
		case !r.misses(record) && r.o.Apply:
			return result, false, r.supersede(ctx, record)
		case !r.misses(record):
			return result, false, nil
		case !r.o.Apply:
			result.Action, result.Detail = WouldMend, "finish what an earlier run began"
			return result, true, nil
		}
		if err := r.makeResult(ctx, record); err != nil {
			return result, true, err
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
	return result, true, r.closeDone(ctx, record)
}

// misses tells whether a finding says that the record's target isn't there, and
// was made after the record.
func (r *repairer) misses(record *Record) bool {
	return slices.ContainsFunc(r.findings, func(f verify.Finding) bool {
		return f.Path == record.Target && f.Stored < 0 && f.Seen.At.After(record.Time)
	})
}

// supersede gives up what a record says, and leaves its target alone.
func (r *repairer) supersede(ctx context.Context, record *Record) error {
	if err := r.remove(ctx, record.beside()); err != nil {
		return err
	}
	return record.save(ctx, r, Superseded)
}

// closeDone closes a record whose work somebody has done: the run that was killed
// if what it had made beside the target is away, since only a move takes it away. If
// it isn't, a push may have been faster.
func (f files) closeDone(ctx context.Context, record *Record) error {
	beside, err := f.version(ctx, record.beside())
	if err != nil {
		return err
	}
	return f.close(ctx, record, beside == verify.Version{})
}

// close marks a record as done, and removes what was left beside it. Only what is
// ours can be undone.
func (f files) close(ctx context.Context, record *Record, ours bool) (err error) {
	if err := f.remove(ctx, record.beside()); err != nil {
		return err
	}
	if ours {
		if record.Left, err = f.version(ctx, record.Target); err != nil {
			return err
		}
	}
	return record.save(ctx, f, Applied)
}
