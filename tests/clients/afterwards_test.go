package clients

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"
)

// TestAfterDeletesAndCollection is about what stays of images that were deleted on purpose.
func TestAfterDeletesAndCollection(t *testing.T) {
	c := tool(t, "crane")
	r := start(t, settings{})
	for _, tag := range []string{"kept", "untagged", "deleted"} {
		pushImage(t, r, "app:"+tag, image(t, tag, "amd64"))
	}
	pushIndex(t, r, "app:platforms", platforms(t, "deleted index"))
	pushIndex(t, r, "gone:platforms", platforms(t, "gone"))
	signatures(t, r)
	r.clean(t, 14)

	c.run(t, "delete", r.image("app:untagged"))
	for _, tag := range []string{"app:deleted", "app:platforms", "gone:platforms", "signatures/app:1"} {
		digest := strings.TrimSpace(c.run(t, "digest", r.image(tag)))
		repository, _, _ := strings.Cut(tag, ":")
		c.run(t, "delete", r.image(repository+"@"+digest))
	}
	r.clean(t, 1)
	r.run(t, "garbage-collect")
	r.clean(t, 1)
	r.run(t, "garbage-collect", "--delete-untagged")
	r.clean(t, 1)
	pushIndex(t, r, "gone:platforms", platforms(t, "gone"))
	r.clean(t, 4)
}

// TestPullThroughCache is about a cache that holds parts of images, and whose manifests
// expire before what names them.
func TestPullThroughCache(t *testing.T) {
	origin := start(t, settings{})
	pushIndex(t, origin, "app:platforms", platforms(t, "cached"))
	pushImage(t, origin, "app:one", image(t, "one", "amd64"))
	cache := start(t, settings{more: "proxy: {remoteurl: \"http://" + origin.address + "\", ttl: 3s}"})

	c := tool(t, "crane")
	c.run(t, "manifest", cache.image("app:platforms"))
	cache.clean(t, 1) // an index without its images
	c.run(t, "pull", "--platform", "linux/amd64", cache.image("app:platforms"), filepath.Join(t.TempDir(), "image.tar"))
	_, err := remote.Image(reference(t, cache, "app:one"), remote.WithContext(t.Context()))
	require.NoError(t, err)
	cache.clean(t, 0)
	require.Eventually(t, func() bool { return len(revisions(t, cache.storage)) == 0 }, patience, 100*time.Millisecond,
		"manifests expire")
	cache.clean(t, 0)

	all, err := remote.Index(reference(t, cache, "app:platforms"), remote.WithContext(t.Context()))
	require.NoError(t, err)
	_, err = layout.Write(t.TempDir(), all)
	require.NoError(t, err)
	cache.clean(t, 0)
}

// revisions are the links to manifests in a root directory.
func revisions(t *testing.T, root string) []string {
	t.Helper()
	var links []string
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "link" && strings.Contains(path, "/_manifests/revisions/") {
			links = append(links, path)
		}
		return nil // what goes away meanwhile is gone
	}))
	return links
}
