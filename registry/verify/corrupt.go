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
	expected := int64(-1)
	if claims := h.claims[id]; claims != nil {
		expected = claims[0].size
	} else if h.claimed(id) {
		expected = size
	}
	mend, err := h.howToMend(ctx, b, size, expected)
	if err != nil {
		return err
	}
	kind, detail := BlobCorrupt, "its bytes don't have its digest"
	switch {
	case expected >= 0 && size > expected:
		kind, detail = BlobTooLong, fmt.Sprintf("%d bytes more than its descriptor says", size-expected)
	case expected >= 0 && size < expected:
		kind, detail = BlobTooShort, fmt.Sprintf("%d bytes less than its descriptor says", expected-size)
	}
	h.add(suspect{
		Finding: Finding{
			Kind: kind, Path: layout.BlobPath(b.digest), Digest: b.digest,
			Stored: size, Expected: expected, Detail: detail, Mend: mend, Seen: seen,
		},
		blob: id,
		tag:  -1,
	})
	return h.reportNow(ctx)
}

// claimed tells whether a descriptor gives the blob's stored size.
func (h *hasher) claimed(id blobID) bool {
	for _, m := range h.s.images {
		for _, ref := range m.refs {
			if ref.blob == id && ref.size == h.s.blobs[id].size {
				return true
			}
		}
	}
	return false
}

func (h *hasher) howToMend(ctx context.Context, b blob, size, expected int64) (Mend, error) {
	if expected == size {
		expected = -1 // then its descriptor was made from the damaged blob
	}
	h.search.Lock()
	defer h.search.Unlock()
	solution, err := unrepeat.Find(ctx, unrepeat.Problem{
		Open: func(ctx context.Context, offset int64) (io.ReadCloser, error) {
			return h.driver.Reader(ctx, layout.BlobPath(b.digest), offset)
		},
		Size:   size,
		Want:   expected,
		Digest: b.digest,
	})
	var not *unrepeat.NotFoundError
	switch {
	case errors.As(err, &not):
		return Mend{No, not.Reason + ": " + howPush}, nil
	case err != nil:
		return Mend{}, fmt.Errorf("looking for repeated blocks in %s: %w", b.digest, err)
	}
	return Mend{Yes, solution.String()}, nil
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
