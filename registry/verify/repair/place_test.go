package repair_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestFindingThatNamesAnotherFileIsRefused has findings as no run makes them: the
// registry stays as it is.
func TestFindingThatNamesAnotherFileIsRefused(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 900))
	image := r.PushImage("a", "v1", layer)
	r.BeginUpload("a", time.Now())
	blob := layout.BlobPath(layer.Digest)
	link := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
	revision := layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path()
	before := contents(t, r.Driver)
	for _, f := range []verify.Finding{
		{Kind: verify.UploadAbandoned, Path: layout.Root},
		{Kind: verify.UploadAbandoned, Path: layout.Root + "/repositories/a"},
		{Kind: verify.UploadAbandoned, Path: layout.Root + "/repositories/a/_uploads"},
		{Kind: verify.UploadAbandoned, Path: layout.Root + "/repositories/a/_uploads/.."},
		{Kind: verify.UploadAbandoned},
		{Kind: verify.BlobCorrupt, Path: blob, Digest: image.Digest},
		{Kind: verify.BlobCorrupt, Path: link, Digest: layer.Digest},
		{Kind: verify.BlobCorrupt, Path: blob},
		{Kind: verify.LinkWrong, Path: blob, Content: layer.Digest},
		{Kind: verify.LinkWrong, Path: link, Content: image.Digest},
		{Kind: verify.LinkWrong, Path: tagV1, Content: "no digest"},
		{Kind: verify.LinkDangling, Path: tagV1, Digest: "sha256:none"},
		{Kind: verify.LinkMissing, Path: link + "x", Content: layer.Digest, NeededBy: revision},
		{Kind: verify.LinkMissing, Path: link, NeededBy: revision},
		{Kind: verify.LinkMissing, Path: link, Content: layer.Digest},
	} {
		var err error
		f.Seen.At = time.Now()
		f.Seen.Version, err = verify.Look(t.Context(), r.Driver, f.Path)
		if f.Path != "" {
			require.NoError(t, err)
		}
		o := repair.Options{Apply: true, Quarantine: true, Litter: true}
		summary, err := repair.Run(t.Context(), r.Driver, []verify.Finding{f}, o, ignored)
		require.ErrorContains(t, err, "has been changed", "%+v", f)
		require.False(t, summary.Finished)
		require.Equal(t, before, contents(t, r.Driver), "%+v", f)
	}
}
