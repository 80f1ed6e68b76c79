package repair

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/unrepeat"
)

// mendBlob cuts the repeated blocks out of a blob. Only a result that has the
// digest in the blob's path is ever stored.
func (r *repairer) mendBlob(ctx context.Context, result *Result) error {
	f := result.Finding
	was, err := r.version(ctx, f.Path)
	if err != nil {
		return err
	}
	if was == (verify.Version{}) {
		result.Action, result.Detail = Sound, "it is gone"
		return nil
	}
	if sound, err := r.holds(ctx, f.Path, Content{f.Digest, was.Size}); sound || err != nil {
		result.Action, result.Detail = Sound, "its bytes have its digest"
		return err
	}
	if !f.Seen.Allows(was) {
		return &ChangedError{f.Path}
	}
	open := func(ctx context.Context, offset int64) (io.ReadCloser, error) { return r.Reader(ctx, f.Path, offset) }
	solution, err := unrepeat.FindAny(ctx, unrepeat.Problem{Open: open, Size: was.Size, Digest: f.Digest}, sizes(f))
	var not *unrepeat.NotFoundError
	switch {
	case errors.As(err, &not):
		return r.giveUp(ctx, result, was, not.Reason)
	case err != nil:
		return err
	case len(solution.Cuts) == 0: // since the last look
		return &ChangedError{f.Path}
	}
	result.Detail = solution.String()
	if !r.o.Apply {
		result.Action = WouldMend
		return nil
	}
	original, err := r.identify(ctx, f.Path, was)
	if err != nil {
		return err
	}
	record := newRecord(f, Mended, original)
	record.Result = &Content{f.Digest, solution.Size}
	record.Cuts = solution.Cuts
	return r.mend(ctx, result, record, was)
}

// sizes are those that a blob may have when it is right.
func sizes(f verify.Finding) []int64 {
	if len(f.Sizes) == 0 && f.Expected >= 0 {
		return []int64{f.Expected}
	}
	return f.Sizes
}

// mendLink writes the digest that a link should hold.
func (r *repairer) mendLink(ctx context.Context, result *Result) error {
	f := result.Finding
	was, err := r.version(ctx, f.Path)
	if err != nil {
		return err
	}
	if was == (verify.Version{}) {
		result.Action, result.Detail = Sound, "it is gone"
		return nil
	}
	original, err := r.identify(ctx, f.Path, was)
	if err != nil {
		return err
	}
	want := Content{digest.FromString(f.Content.String()), int64(len(f.Content))}
	switch {
	case f.Content != "" && original == want:
		result.Action, result.Detail = Sound, "it holds its digest"
		return nil
	case !f.Seen.Allows(was), f.Seen.Digest != "" && f.Seen.Digest != original.Digest:
		return &ChangedError{f.Path}
	case f.Content == "":
		return r.giveUp(ctx, result, was, f.Mend.How)
	}
	result.Detail = "write " + f.Content.String()
	if !r.o.Apply {
		result.Action = WouldMend
		return nil
	}
	record := newRecord(f, Mended, original)
	record.Result = &want
	record.Link = f.Content.String()
	return r.mend(ctx, result, record, was)
}

// identify reads the content of a file that must not have changed.
func (r *repairer) identify(ctx context.Context, path string, was verify.Version) (Content, error) {
	c, ok, err := r.content(ctx, path, digest.Canonical)
	if err == nil && (!ok || c.Size != was.Size) {
		err = &ChangedError{path}
	}
	return c, err
}

// mend does what the record says.
func (r *repairer) mend(ctx context.Context, result *Result, record *Record, was verify.Version) error {
	result.Record = record.Path()
	if record.Original != (Content{}) {
		if err := r.copy(ctx, record.Target, record.original(), record.Original); err != nil {
			return err
		}
	}
	if err := r.makeResult(ctx, record); err != nil {
		return err
	}
	if err := record.save(ctx, r, Prepared); err != nil {
		return err
	}
	result.began = true
	if err := r.putInPlace(ctx, record, was); err != nil {
		return err
	}
	result.Action = Mended
	return nil
}

// putInPlace moves the result to the target. Another repair may be at the same work
// in the same folder: whichever is in the other's way, the result is the same.
func (r *repairer) putInPlace(ctx context.Context, record *Record, was verify.Version) error {
	ours, err := r.replace(ctx, record.beside(), record.Target, was, *record.Result)
	if err != nil {
		return err
	}
	return r.close(ctx, record, ours)
}

// makeResult makes the result beside the copy of the original.
func (r *repairer) makeResult(ctx context.Context, record *Record) error {
	if record.Link != "" {
		return r.write(ctx, record.beside(), strings.NewReader(record.Link), *record.Result)
	}
	original, err := r.Reader(ctx, record.original(), 0)
	if err != nil {
		return fmt.Errorf("opening %s: %w", record.original(), err)
	}
	solution := unrepeat.Solution{Cuts: record.Cuts, Size: record.Result.Size}
	return errors.Join(r.write(ctx, record.beside(), solution.Reader(original), *record.Result), original.Close())
}
