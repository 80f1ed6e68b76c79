package verify_test

import (
	"path"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// remove deletes the folder of a file, as the registry and its garbage collection do.
func remove(t *testing.T, r *verifytest.Registry, p string) {
	t.Helper()
	require.NoError(t, r.Driver.Delete(t.Context(), path.Dir(p)))
}

func TestMissingLayerIsReportedOnceWithItsReach(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	r.LinkBlob("b", layer.Digest)
	r.PushImage("a", "v1", layer)
	r.PushImage("b", "v2", layer)
	remove(t, r, layout.BlobPath(layer.Digest))
	f := requireOne(t, both(t, r), layout.BlobPath(layer.Digest))
	require.Equal(t, verify.BlobMissing, f.Kind)
	require.Equal(t, int64(-1), f.Stored)
	require.Equal(t, int64(100), f.Expected)
	require.Equal(t, []string{"a:v1", "b:v2"}, f.Tags)
}

func TestMissingManifest(t *testing.T) {
	r := newRegistry(t)
	image := r.PushImage("a", "v1")
	index := r.PushIndex("a", "all", image)
	remove(t, r, layout.BlobPath(image.Digest))
	f := requireOne(t, both(t, r), layout.BlobPath(image.Digest))
	require.Equal(t, verify.ManifestMissing, f.Kind)
	require.Equal(t, []string{"a:all", "a:v1"}, f.Tags)
	require.Equal(t, []digest.Digest{index.Digest}, f.Indexes)
}

func TestDeletedManifestLeavesNoFinding(t *testing.T) {
	r := newRegistry(t)
	old, image := r.PushImage("a", "v1"), r.PushImage("a", "v1")
	remove(t, r, layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: old.Digest}.Path())
	require.NotEqual(t, old, image)
	require.Empty(t, both(t, r), "the tag's index still has the manifest that was deleted")
}

func TestDanglingTags(t *testing.T) {
	r := newRegistry(t)
	image, other := r.PushImage("a", "v1"), r.PushImage("a", "v2")
	remove(t, r, layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path())
	p := layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v2"}.Path()
	remove(t, r, p)
	found := both(t, r)
	require.Len(t, found, 2)
	require.Equal(t, verify.TagDangling, found[p].Kind)
	f := found[layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v1"}.Path()]
	require.Equal(t, verify.TagDangling, f.Kind)
	require.Equal(t, []string{"a:v1"}, f.Tags)
	require.NotEqual(t, image, other)
}

func TestDanglingLayerLink(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	remove(t, r, layout.BlobPath(layer.Digest))
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
	require.Equal(t, verify.LinkDangling, requireOne(t, both(t, r), p).Kind)
}

func TestPullThroughCacheMayLackBlobs(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	r.PushImage("a", "v1", layer)
	remove(t, r, layout.BlobPath(layer.Digest))
	found, _ := run(t, r, verify.Options{Proxy: true})
	require.Empty(t, found)
}

func TestManifestThatDoesNotParse(t *testing.T) {
	r := newRegistry(t)
	for _, content := range []string{`{"schemaVersion":2}`, `[]`, `{"layers":[{"digest":"sha256:1"}]}`} {
		r.PushManifest("a", "", v1.MediaTypeImageManifest, []byte(content))
	}
	found := both(t, r)
	require.Len(t, found, 3)
	for _, f := range found {
		require.Equal(t, verify.ManifestInvalid, f.Kind)
		require.Equal(t, verify.No, f.Mend.Chance)
	}
}

func TestDescriptorThatIsWrongItself(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	r.PushImage("a", "right", layer)
	wrong := layer
	wrong.Size = 99
	image := r.PushImage("a", "wrong", wrong)
	f := requireOne(t, both(t, r), layout.BlobPath(image.Digest))
	require.Equal(t, verify.DescriptorWrong, f.Kind)

	lone := r.PushBlob("a", verifytest.Noise(2, 100))
	lone.Size = 99
	image = r.PushImage("a", "lone", lone)
	quick, _ := run(t, r, verify.Options{})
	require.Equal(t, verify.BlobTooLong, quick[layout.BlobPath(lone.Digest)].Kind)
	full, _ := run(t, r, verify.Options{Full: true})
	require.Equal(t, verify.DescriptorWrong, full[layout.BlobPath(image.Digest)].Kind, "reading the blob clears it")
}

func TestForeignLayersAndSubjectsNeedNotBeStored(t *testing.T) {
	r := newRegistry(t)
	elsewhere := v1.Descriptor{Digest: digest.FromString("x"), Size: 1, URLs: []string{"https://example.com/x"}}
	r.PushImage("a", "v1", elsewhere)
	r.PushManifest("a", "", v1.MediaTypeImageManifest, []byte(
		`{"layers":[],"subject":{"digest":"`+digest.FromString("y").String()+`","size":5}}`))
	require.Empty(t, both(t, r))
}

func TestSchema1ManifestNamesItsLayers(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	r.PushManifest("a", "old", "", []byte(`{"schemaVersion":1,"fsLayers":[{"blobSum":"`+layer.Digest.String()+`"}]}`))
	require.Empty(t, both(t, r))
	r.Empty(layout.BlobPath(layer.Digest))
	f := requireOne(t, both(t, r), layout.BlobPath(layer.Digest))
	require.Equal(t, verify.BlobEmpty, f.Kind)
	require.Equal(t, []string{"a:old"}, f.Tags)
}

func TestUploads(t *testing.T) {
	r := newRegistry(t)
	r.BeginUpload("a", time.Now().Add(-time.Hour))
	old := r.BeginUpload("a", time.Now().Add(-200*time.Hour))
	f := requireOne(t, both(t, r), path.Dir(old.Path()))
	require.Equal(t, verify.UploadAbandoned, f.Kind)
	require.Equal(t, []string{"a"}, f.Repositories)
	found, _ := run(t, r, verify.Options{UploadAge: time.Minute})
	require.Len(t, found, 2)
}

// A blob that is pushed under another algorithm is stored under its sha256
// digest, and the link under its other digest holds that.
func TestLinkUnderAnotherAlgorithmHoldsTheCanonicalDigest(t *testing.T) {
	r := newRegistry(t)
	content := verifytest.Noise(1, 5000)
	layer := r.PushBlob("a", content)
	alias := digest.SHA512.FromBytes(content)
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: alias}.Path()
	r.PutFile(p, []byte(layer.Digest), 0)
	layer.Digest = alias
	r.PushImage("a", "v1", layer)
	require.Empty(t, both(t, r))
	r.PutFile(p, r.Right[p], 1)
	f := requireOne(t, both(t, r), p)
	require.Equal(t, verify.LinkWrong, f.Kind)
	require.Equal(t, string(r.Right[p]), f.Content.String())
	require.Equal(t, []string{"a:v1"}, f.Tags)

	r.Replace(p, r.Right[p])
	stored := layout.BlobPath(digest.FromBytes(content))
	r.PutFile(stored, content, 1)
	found, _ := run(t, r, verify.Options{Digests: []digest.Digest{alias}})
	require.Equal(t, verify.BlobTooLong, requireOne(t, found, stored).Kind, "asked for by either digest")
}

// What such a link should hold is found by the bytes, or by where others lead.
func TestLinkUnderAnotherAlgorithmThatTellsNothing(t *testing.T) {
	r := newRegistry(t)
	content := verifytest.Noise(1, 5000)
	layer := r.PushBlob("a", content)
	r.PushBlob("a", verifytest.Noise(2, 5000))
	alias := layer
	alias.Digest = digest.SHA512.FromBytes(content)
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: alias.Digest}.Path()
	r.Replace(p, []byte("nothing"))
	r.PushImage("a", "v1", alias)
	require.Equal(t, layer.Digest, requireOne(t, both(t, r), p).Content)

	other := layout.Entry{Kind: layout.LayerLink, Repository: "b", Digest: alias.Digest}.Path()
	r.PutFile(other, []byte(layer.Digest), 0)
	r.PushImage("b", "v1", alias)
	remove(t, r, layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path())
	f := requireOne(t, both(t, r), p)
	require.Equal(t, layer.Digest, f.Content)
	require.Equal(t, []string{"a:v1"}, f.Tags)

	remove(t, r, other)
	r.PushBlob("b", content)
	lost := both(t, r)[p]
	require.Equal(t, verify.LinkWrong, lost.Kind)
	require.Equal(t, verify.No, lost.Mend.Chance)
}
