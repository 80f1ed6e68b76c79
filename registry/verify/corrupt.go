package verify

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/unrepeat"
)

// corrupt reports a blob that was hashed twice and is wrong, after finding out
// whether it can be mended.
func (h *hasher) corrupt(ctx context.Context, id blobID, b blob, size int64, seen Seen) error {
	var sizes []int64
	if d := h.disputed[id]; d != nil {
		sizes = d.sizes(size)
	} else if h.claimed(id) {
		sizes = []int64{size}
	}
	mend, solved, err := h.howToMend(ctx, id, b, size, sizes)
	if err != nil {
		return err
	}
	expected := int64(-1)
	switch {
	case len(sizes) == 1:
		expected = sizes[0]
	case len(sizes) > 1:
		expected = solved
	}
	kind, detail := BlobCorrupt, "its bytes don't have its digest"
	switch {
	case expected >= 0 && size > expected:
		kind, detail = BlobTooLong, fmt.Sprintf("%d bytes more than its descriptor says", size-expected)
	case expected >= 0 && size < expected:
		kind, detail = BlobTooShort, fmt.Sprintf("%d bytes less than its descriptor says", expected-size)
	}
	f := Finding{
		Kind: kind, Path: layout.BlobPath(b.digest), Digest: b.digest,
		Stored: size, Expected: expected, Sizes: sizes, Detail: detail, Mend: mend, Seen: seen,
	}
	h.add(suspect{Finding: f, blob: id, tag: -1})
	return errors.Join(h.reportNow(ctx), h.o.Checkpoint.add(b, &f))
}

// howToMend also returns the size that the blob has when it is mended, -1 if it
// can't be.
func (h *hasher) howToMend(ctx context.Context, id blobID, b blob, size int64, sizes []int64) (Mend, int64, error) {
	h.search.Lock()
	defer h.search.Unlock()
	solution, err := unrepeat.FindAny(ctx, unrepeat.Problem{
		Open: func(ctx context.Context, offset int64) (io.ReadCloser, error) {
			r, err := h.driver.Reader(ctx, layout.BlobPath(b.digest), offset)
			if err != nil {
				return nil, err
			}
			return boundedReader{pacedReader{r, ctx, h}}, nil
		},
		Size:   size,
		Digest: b.digest,
	}, sizes)
	var not *unrepeat.NotFoundError
	switch {
	case errors.As(err, &not):
		return Mend{No, not.Reason + ": " + h.howAgain(id)}, -1, nil
	case errors.Is(err, errSpent):
		return Mend{Maybe, "--max-bytes ended the search for repeated blocks; a dry run of repair tells"}, -1, nil
	case err != nil:
		return Mend{}, -1, fmt.Errorf("looking for repeated blocks in %s: %w", b.digest, err)
	}
	return Mend{Yes, solution.String()}, solution.Size, nil
}

// reportNow hands over what hashing has found; it has been looked at twice.
func (h *hasher) reportNow(ctx context.Context) error {
	h.reporting.Lock()
	defer h.reporting.Unlock()
	h.mu.Lock()
	list := h.suspects
	h.suspects = nil
	h.mu.Unlock()
	if err := h.report(ctx, list); err != nil {
		return &stopError{err}
	}
	return nil
}

// errSpent ends a search that has read all that the run may.
var errSpent = errors.New("the run has read all that it may")

// boundedReader reads no faster and no more than the run may.
type boundedReader struct{ pacedReader }

func (r boundedReader) Read(p []byte) (int, error) {
	if r.h.spent() {
		return 0, errSpent
	}
	return r.pacedReader.Read(p)
}
