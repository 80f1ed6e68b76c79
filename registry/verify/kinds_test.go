package verify_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// Two manifests give different sizes for a damaged layer: the right one must count
// whichever of them is read first.
func TestSizesThatManifestsDisagreeAbout(t *testing.T) {
	for i := range uint64(10) {
		r := newRegistry(t)
		layer := r.PushBlob("a", verifytest.Noise(i, 90_000), verifytest.Block{Size: 20_000}, verifytest.Block{Size: 30_000, Lost: 1})
		r.PushImage("a", "right", layer)
		for n, size := range []int64{120_000, 89_000, 119_999} { // the damaged one, and two of nobody
			wrong := layer
			wrong.Size = size
			r.PushImage("a", fmt.Sprintf("wrong%d", n), wrong)
		}
		f := requireOne(t, both(t, r), layout.BlobPath(layer.Digest))
		require.Equal(t, verify.Yes, f.Mend.Chance)
		require.Equal(t, int64(90_000), f.Expected)
		require.Equal(t, []int64{89_000, 90_000, 119_999, 120_000}, f.Sizes)
	}
}

// TestMissingBlobThatManifestsDisagreeAbout has one that some manifests call a layer and
// others a manifest, in sizes of their own: what was reported was chance.
func TestMissingBlobThatManifestsDisagreeAbout(t *testing.T) {
	r := newRegistry(t)
	missing := v1.Descriptor{MediaType: v1.MediaTypeImageLayerGzip, Digest: digest.FromString("missing")}
	for n := range int64(5) {
		missing.Size = 100 + n
		r.PushImage("a", fmt.Sprint("layer", n), missing)
		r.PushIndex("a", fmt.Sprint("index", n), missing)
	}
	for range 10 {
		f := requireOne(t, both(t, r), layout.BlobPath(missing.Digest))
		require.Equal(t, verify.ManifestMissing, f.Kind)
		require.Equal(t, int64(-1), f.Expected)
	}
}

func TestLayerThatItsRepositoryDoesNotLink(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	image := r.PushImage("a", "v1", layer)
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
	remove(t, r, p)
	f := requireOne(t, both(t, r), p)
	require.Equal(t, verify.LinkMissing, f.Kind)
	require.Equal(t, verify.Yes, f.Mend.Chance)
	require.Equal(t, layer.Digest, f.Content)
	require.Equal(t, []string{"a:v1"}, f.Tags)
	require.Contains(t, f.NeededBy, image.Digest.Encoded())
}

func TestChildOfAnIndexWithoutARevisionLink(t *testing.T) {
	r := newRegistry(t)
	child := r.PushImage("a", "")
	r.PushIndex("a", "all", child)
	p := layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: child.Digest}.Path()
	remove(t, r, p)
	require.Equal(t, verify.LinkMissing, requireOne(t, both(t, r), p).Kind)
	r.LinkBlob("a", child.Digest) // where version 2.1.0 linked manifests
	require.Empty(t, both(t, r))
}

func TestSparseIndexIsNoDamage(t *testing.T) {
	r := newRegistry(t)
	child, other := r.PushImage("a", ""), r.PushImage("b", "v1")
	r.PushIndex("a", "all", child, other)
	remove(t, r, layout.BlobPath(child.Digest))
	remove(t, r, layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: child.Digest}.Path())
	require.Len(t, both(t, r), 2)
	found, _ := run(t, r, verify.Options{OptionalChild: func(string, string) bool { return true }})
	require.Empty(t, found)
}

func TestPullThroughCacheForgetsManifests(t *testing.T) {
	r := newRegistry(t)
	image, other := r.PushImage("a", "v1"), r.PushImage("a", "v2")
	remove(t, r, layout.BlobPath(image.Digest))
	remove(t, r, layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: other.Digest}.Path())
	require.NotEmpty(t, both(t, r))
	found, _ := run(t, r, verify.Options{Proxy: true, Full: true})
	require.Empty(t, found)
}

// sealed can't read some files, as archived ones, and doesn't count as a storage
// that can't be read.
type sealed struct {
	storagedriver.StorageDriver
	paths map[string]bool
}

func (s *sealed) GetContent(ctx context.Context, p string) ([]byte, error) {
	if s.paths[p] {
		return nil, errArchived
	}
	return s.StorageDriver.GetContent(ctx, p)
}

var errArchived = errors.New("409 BlobArchived")

func TestFileThatCannotBeReadDoesNotEndTheRun(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1000), verifytest.Block{Size: 500, Lost: 1})
	r.PushImage("a", "v1", layer)
	image := r.PushImage("a", "v2", r.PushBlob("a", verifytest.Noise(2, 1000)))
	paths := []string{
		layout.BlobPath(image.Digest),
		layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v2"}.Path(),
		layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path(),
	}
	s := &sealed{r.Driver, make(map[string]bool)}
	for _, p := range paths {
		s.paths[p] = true
	}
	kinds := make(map[string]verify.Kind)
	_, err := verify.Run(t.Context(), s, verify.Options{Full: true, Settle: time.Millisecond}, func(f verify.Finding) error {
		kinds[f.Path] = f.Kind
		return nil
	})
	var failed *verify.UnreadableError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, errArchived)
	require.Equal(t, int64(len(paths)), failed.Files)
	want := map[string]verify.Kind{layout.BlobPath(layer.Digest): verify.BlobTooLong}
	for _, p := range paths {
		want[p] = verify.Unreadable
	}
	require.Equal(t, want, kinds)
}

func TestWhatDeletedImagesLeaveIsLitter(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("gone", verifytest.Noise(1, 100))
	image := r.PushImage("gone", "", layer)
	r.PushImage("a", "v1")
	r.BeginUpload("a", time.Now().Add(-200*time.Hour))
	for p := range r.Right {
		if layout.Parse(p).Kind == layout.Blob && (p == layout.BlobPath(layer.Digest) || p == layout.BlobPath(image.Digest)) {
			remove(t, r, p)
		}
	}
	summary, err := verify.Run(t.Context(), r.Driver, verify.Options{Settle: time.Millisecond}, func(f verify.Finding) error {
		return fmt.Errorf("found %+v", f)
	})
	require.NoError(t, err)
	require.Zero(t, summary.Findings)
	require.Equal(t, 3, summary.Litter)
	found, _ := run(t, r, verify.Options{})
	require.Len(t, found, 3)
	for _, f := range found {
		require.True(t, f.Kind.Litter())
	}
}

// asking counts the questions for single files.
type asking struct {
	storagedriver.StorageDriver
	stats int
}

func (a *asking) Stat(ctx context.Context, p string) (storagedriver.FileInfo, error) {
	a.stats++
	return a.StorageDriver.Stat(ctx, p)
}

func TestMissingBlobsAreLookedUpWithoutGoingThroughAllReferences(t *testing.T) {
	r := newRegistry(t)
	for i := range uint64(100) {
		layer := r.PushBlob("a", verifytest.Noise(i, 10))
		r.PushImage("a", fmt.Sprint("v", i), layer)
		remove(t, r, layout.BlobPath(layer.Digest))
	}
	a := &asking{StorageDriver: r.Driver}
	summary, err := verify.Run(t.Context(), a, verify.Options{Settle: time.Millisecond, Concurrency: 1}, func(verify.Finding) error { return nil })
	require.NoError(t, err)
	require.Equal(t, 100, summary.Findings)
	require.LessOrEqual(t, a.stats, 500)
}
