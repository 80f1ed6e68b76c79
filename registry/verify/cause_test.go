package verify_test

import (
	"path"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func TestTagsOfOneManifestDangleTogether(t *testing.T) {
	r := newRegistry(t)
	image, other := r.PushImage("a", "v1"), r.PushImage("a", "v2")
	r.Tag("a", "latest", image.Digest)
	r.Tag("a", "1", image.Digest)
	revision := layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path()
	remove(t, r, revision)
	f := requireOne(t, both(t, r), layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "1"}.Path())
	require.Equal(t, verify.TagDangling, f.Kind)
	require.Equal(t, []string{"a:1", "a:latest", "a:v1"}, f.Tags)

	r.PushIndex("a", "all", image, other) // needs the link, whether a delete was meant or not
	f = requireOne(t, both(t, r), revision)
	require.Equal(t, verify.LinkMissing, f.Kind)
	require.Equal(t, []string{"a:1", "a:all", "a:latest", "a:v1"}, f.Tags)
}

// Damage to an upload breaks no image, and the upload is litter once it is old.
func TestDamagedUploadsAreLitterOnceTheyAreOld(t *testing.T) {
	s := newSpecimens(t)
	for _, file := range []string{"start of an upload", "data of an upload"} {
		for name := range toAny {
			driver := s.store(t, s.files[file], s.damaged(file, "", name))
			require.Empty(t, findingsOf(t, driver, verify.Options{Full: true}), "%s, %s", file, name)
			found := findingsOf(t, driver, verify.Options{UploadAge: time.Nanosecond})
			require.Len(t, found, 1, "%s, %s", file, name)
			require.Equal(t, verify.UploadAbandoned, found[0].Kind)
			require.Equal(t, path.Dir(s.files[file]), found[0].Path)
			require.Equal(t, repair.Removed, repaired(t, driver, found, repair.Options{Apply: true, Litter: true}).Action)
			require.Empty(t, findingsOf(t, driver, verify.Options{UploadAge: time.Nanosecond}))
		}
	}
}

// Where a file should be, a file system may have a folder, into which nothing can be moved.
func TestFolderInPlaceOfAFile(t *testing.T) {
	s := newSpecimens(t)
	for name, p := range s.files {
		driver := s.store(t, p, nil)
		require.NoError(t, driver.PutContent(t.Context(), path.Join(p, "file"), []byte("x")))
		found := findingsOf(t, driver, verify.Options{Full: true})
		require.LessOrEqual(t, len(found), 1, name)
		if len(found) == 0 || found[0].Path != p {
			continue // nothing needs it, or it is told of by what does
		}
		require.Equal(t, "a folder is in its place: take that away", found[0].Mend.How, name)
		require.Equal(t, repair.Left, repaired(t, driver, found, repair.Options{Apply: true}).Action, name)
	}
}

// What is stored under its SHA-512, which this registry doesn't do, has nothing else that
// its links could hold.
func TestBlobsStoredUnderAnotherAlgorithm(t *testing.T) {
	r := newRegistry(t)
	content := verifytest.Noise(1, 5000)
	d := digest.SHA512.FromBytes(content)
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: d}.Path()
	r.PutFile(layout.BlobPath(d), content, 0)
	r.PutFile(p, []byte(d), 0)
	layer := r.PushBlob("b", content)
	layer.Digest = d
	r.PushImage("a", "v1", layer)
	require.Empty(t, both(t, r))
	for _, wrong := range []string{"", "x", string(digest.FromBytes(content))} {
		r.Replace(p, []byte(wrong))
		f := requireOne(t, both(t, r), p)
		require.Equal(t, verify.LinkWrong, f.Kind)
		require.Equal(t, d, f.Content)
		require.Equal(t, []string{"a:v1"}, f.Tags)
	}
	r.Replace(p, r.Right[p])
	r.PutFile(layout.BlobPath(d), content, 1)
	require.Equal(t, verify.BlobTooLong, requireOne(t, both(t, r), layout.BlobPath(d)).Kind)
	remove(t, r, layout.BlobPath(d))
	require.Equal(t, verify.BlobMissing, requireOne(t, both(t, r), layout.BlobPath(d)).Kind)
}

// Nobody pushes to a pull-through cache.
func TestRepairAsksNobodyToPushToACache(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 5000))
	r.PushImage("a", "v1", layer)
	r.Replace(layout.BlobPath(layer.Digest), verifytest.Noise(2, 5000))
	found := findingsOf(t, r.Driver, verify.Options{Full: true, Proxy: true})
	require.Len(t, found, 1)
	require.NotEmpty(t, repaired(t, r.Driver, found, repair.Options{}).Push)
	require.Empty(t, repaired(t, r.Driver, found, repair.Options{Proxy: true}).Push)
}
