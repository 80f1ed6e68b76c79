package repair

import (
	"context"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// giveUp ends the treatment of what can't be mended: it is left as it is or, if
// that is asked for, taken away.
func (r *repairer) giveUp(ctx context.Context, result *Result, was verify.Version, reason string) error {
	result.Detail = "not mendable: " + reason
	switch {
	case !r.o.Quarantine:
		result.Action = Left
		return nil
	case !r.o.Apply:
		result.Action = WouldQuarantine
		return nil
	}
	original, err := r.identify(ctx, result.Finding.Path, was)
	if err != nil {
		return err
	}
	record := newRecord(result.Finding, Quarantined, original)
	result.Record = record.Path()
	if err := r.copy(ctx, record.Target, record.original(), original); err != nil {
		return err
	}
	if err := record.save(ctx, r, Prepared); err != nil {
		return err
	}
	result.began = true
	if err := r.takeAway(ctx, record.Target, was); err != nil {
		return err
	}
	if err := record.save(ctx, r, Applied); err != nil {
		return err
	}
	result.Action = Quarantined
	return nil
}
