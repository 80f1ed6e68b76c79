package storage

import (
	"context"

	"github.com/distribution/distribution/v3"
)

// lastHashState returns the highest offset that a state is stored for.
func (bw *blobWriter) lastHashState(ctx context.Context) (offset int64, err error) {
	if !bw.resumableDigestEnabled {
		return 0, distribution.ErrBlobUploadUnknown
	}
	states, err := bw.getStoredHashStates(ctx)
	for _, state := range states {
		offset = max(offset, state.offset)
	}
	return offset, err
}
