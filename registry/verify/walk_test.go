package verify_test

import (
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestFolderThatCannotBeListedDoesNotEndTheRun has a folder of every kind in turn that
// cannot be opened: a symbolic link to itself, which holds for root as well. What is
// in it is no finding, and what is wrong elsewhere is.
func TestFolderThatCannotBeListedDoesNotEndTheRun(t *testing.T) {
	const repository = layout.Root + "/repositories/a"
	var image, blob string // folders of a manifest's link and of a layer's bytes
	for _, which := range []func() string{
		func() string { return blob },
		func() string { return path.Dir(blob) },
		func() string { return layout.Root + "/blobs" },
		func() string { return repository },
		func() string { return repository + "/_layers" },
		func() string { return repository + "/_manifests" },
		func() string { return image },
		func() string { return path.Dir(path.Dir(image)) },
		func() string { return repository + "/_manifests/tags" },
		func() string { return repository + "/_manifests/tags/v1" },
		func() string { return repository + "/_manifests/tags/v1/index" },
		func() string { return repository + "/_uploads" },
	} {
		root := t.TempDir()
		driver := filesystem.New(filesystem.DriverParameters{RootDirectory: root, MaxThreads: 100})
		r := verifytest.New(t, driver, verifytest.NewWriter(driver))
		layer := r.PushBlob("a", verifytest.Noise(1, 1000))
		revision := r.PushImage("a", "v1", layer)
		r.BeginUpload("a", time.Now().Add(-1000*time.Hour))
		r.PushImage("b", "v1")
		tag := layout.Entry{Kind: layout.TagCurrent, Repository: "b", Name: "v1"}.Path()
		r.PutFile(tag, r.Right[tag], 1)

		blob = path.Dir(layout.BlobPath(layer.Digest))
		image = path.Dir(layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: revision.Digest}.Path())
		folder := filepath.Join(root, which())
		require.NoError(t, os.RemoveAll(folder))
		require.NoError(t, os.Symlink(folder, folder))
		for _, full := range []bool{false, true} {
			kinds := make(map[string]verify.Kind)
			_, err := verify.Run(t.Context(), driver, verify.Options{Full: full, Settle: time.Millisecond}, func(f verify.Finding) error {
				kinds[f.Path] = f.Kind
				return nil
			})
			require.ErrorAs(t, err, new(*verify.UnreadableError), which())
			require.Equal(t, verify.Unreadable, kinds[which()])
			require.Equal(t, verify.LinkWrong, kinds[tag], which())
			delete(kinds, tag)
			for p, kind := range kinds {
				require.Equal(t, verify.Unreadable, kind, "%s, with %s", p, which())
			}
		}
	}
}
