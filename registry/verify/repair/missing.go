package repair

import (
	"context"
	"errors"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// writeLink writes a link that isn't there, if it is needed still: the manifest
// that needs it, and what it is to lead to, may have been deleted since.
func (r *repairer) writeLink(ctx context.Context, result *Result) error {
	f := result.Finding
	now, err := r.version(ctx, f.Path)
	if err != nil {
		return err
	}
	if now != (verify.Version{}) {
		result.Action, result.Detail = Sound, "it is there"
		return nil
	}
	if f.Mend.Chance == verify.No {
		result.Action, result.Detail = Left, f.Mend.How
		return nil
	}
	for _, needed := range []string{f.NeededBy, layout.BlobPath(f.Content)} {
		there, err := r.version(ctx, needed)
		if err != nil {
			return err
		}
		if there == (verify.Version{}) {
			result.Action, result.Detail = Sound, "what needed it is gone"
			return nil
		}
	}
	result.Detail = "write " + f.Content.String()
	if !r.o.Apply {
		result.Action = WouldMend
		return nil
	}
	record := newRecord(f, Mended, Content{})
	record.Result = &Content{digest.FromString(f.Content.String()), int64(len(f.Content))}
	record.Link = f.Content.String()
	if err := r.mend(ctx, result, record, now); err != nil {
		return err
	}
	return r.unwriteUnneeded(ctx, result, record)
}

// unwriteUnneeded takes a link away again if what needed it was deleted while it was
// being written: the index of a deleted tag would bring its name back.
func (r *repairer) unwriteUnneeded(ctx context.Context, result *Result, record *Record) error {
	needed, err := r.version(ctx, result.Finding.NeededBy)
	if err != nil || needed != (verify.Version{}) {
		return err
	}
	result.Action, result.Detail = Sound, "what needed it is gone"
	if err := undo(ctx, r.files, record); !errors.Is(err, ErrStoredSince) {
		return err
	}
	return nil // it went together with what needed it
}
