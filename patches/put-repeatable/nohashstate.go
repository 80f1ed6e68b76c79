package storage

import (
	"context"

	"github.com/distribution/distribution/v3"
)

// lastHashState knows of no state when resumable digest support is disabled.
func (bw *blobWriter) lastHashState(ctx context.Context) (int64, error) {
	return 0, distribution.ErrBlobUploadUnknown
}
