package repair

import (
	"context"
	"errors"
	"fmt"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// removeLitter deletes what no image needs, if that is asked for. Nothing of it is
// kept: what a link held stands in its path, and an upload was never acknowledged
// as a whole.
func (r *repairer) removeLitter(ctx context.Context, result *Result) error {
	f := result.Finding
	seen := f.Path
	if f.Kind == verify.UploadAbandoned {
		seen = layout.UploadData(f.Path)
	}
	now, err := r.version(ctx, seen)
	switch {
	case err != nil:
		return err
	case now == (verify.Version{}) && seen == f.Path:
		result.Action, result.Detail = Sound, "it is gone"
		return nil
	case !f.Seen.Allows(now):
		return &ChangedError{f.Path}
	case !r.o.Litter:
		result.Action, result.Detail = Left, f.Mend.How
		return nil
	case f.Kind == verify.UploadAbandoned:
		return r.removeUpload(ctx, result, now)
	}
	return r.removeLink(ctx, result, now)
}

// removeUpload deletes an upload. Its data goes first, and only as it was seen:
// without them nobody can go on with it, so the rest can't be in use.
func (r *repairer) removeUpload(ctx context.Context, result *Result, was verify.Version) error {
	f := result.Finding
	result.Detail = "delete it"
	if !r.o.Apply {
		result.Action = WouldRemove
		return nil
	}
	if was != (verify.Version{}) {
		if err := r.takeAway(ctx, layout.UploadData(f.Path), was); err != nil {
			return err
		}
	}
	result.Action = Removed
	return r.remove(ctx, f.Path)
}

// removeLink deletes a link to what isn't stored. That may be pushed to another
// repository at any moment, and then a client may be told that it is here as well;
// so it is looked for once more afterwards, and the link written again if it is.
func (r *repairer) removeLink(ctx context.Context, result *Result, was verify.Version) error {
	f := result.Finding
	content, err := r.GetContent(ctx, f.Path)
	if isNotFound(err) {
		return &ChangedError{f.Path}
	}
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	leads := []digest.Digest{f.Digest}
	if held := digest.Digest(content); held != f.Digest && held.Validate() == nil {
		leads = append(leads, held)
	}
	if stored, err := r.anyStored(ctx, leads); stored || err != nil {
		result.Action, result.Detail = Sound, "what it leads to is stored"
		return err
	}
	result.Detail = "delete it"
	if !r.o.Apply {
		result.Action = WouldRemove
		return nil
	}
	if err := r.takeAway(ctx, f.Path, was); err != nil {
		return err
	}
	result.Action = Removed
	ctx = context.WithoutCancel(ctx) // what has been begun is ended
	stored, err := r.anyStored(ctx, leads)
	if err == nil && !stored {
		return nil
	}
	result.Action, result.Detail = Sound, "what it leads to was stored meanwhile"
	if written := r.PutContent(ctx, f.Path, content); written != nil {
		err = errors.Join(err, fmt.Errorf("writing the link %s again: %w", f.Path, written))
	}
	return err
}

func (r *repairer) anyStored(ctx context.Context, digests []digest.Digest) (bool, error) {
	for _, d := range digests {
		v, err := r.version(ctx, layout.BlobPath(d))
		if err != nil || v != (verify.Version{}) {
			return err == nil, err
		}
	}
	return false, nil
}
