package storage

import (
	"slices"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
)

// TestFindLinks looks for the links of two repositories, one of which is below
// the other, among files that are none.
func TestFindLinks(t *testing.T) {
	ctx := dcontext.Background()
	d := inmemory.New()
	find := func(withTags bool) ([]*repositoryLinks, error) { return findLinks(ctx, d, withTags) }
	if repositories, err := find(true); err != nil || len(repositories) != 0 {
		t.Fatalf("nothing is stored: %v, %v", repositories, err)
	}

	manifest, layer := digest.FromString("manifest"), digest.FromString("layer")
	below := func(name, area string, dgst digest.Digest) string {
		return "/docker/registry/v2/repositories/" + name + "/" + area + "/sha256/" + dgst.Encoded() + "/link"
	}
	for path, content := range map[string]string{
		below("a", "_manifests/revisions", manifest):                         manifest.String(),
		below("a", "_manifests/tags/v1/index", manifest):                     manifest.String(),
		"/docker/registry/v2/repositories/a/_manifests/tags/v1/current/link": manifest.String(),
		below("a/b", "_layers", layer):                                       "",
		below("a/b", "_layers", "sha256:short"):                              "",
		"/docker/registry/v2/repositories/a/_uploads/id/startedat":           "",
	} {
		if err := d.PutContent(ctx, path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}

	repositories, err := find(true)
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(repositories, func(a, b *repositoryLinks) int { return strings.Compare(a.name, b.name) })
	if len(repositories) != 2 || repositories[0].name != "a" || repositories[1].name != "a/b" {
		t.Fatalf("repositories: %v", repositories)
	}
	a, b := repositories[0], repositories[1]
	if !slices.Equal(a.manifests, []digest.Digest{manifest}) || !slices.Equal(a.tags, []string{"v1"}) ||
		!slices.Equal(a.tagIndex[manifest], []string{"v1"}) || len(a.layers) != 0 {
		t.Errorf("links of a: %+v", a)
	}
	if !slices.Equal(b.layers, []digest.Digest{layer}) || len(b.manifests) != 0 {
		t.Errorf("links of a/b: %+v", b)
	}

	if err := readTags(ctx, d, repositories); err != nil {
		t.Fatal(err)
	}
	if !a.isTagged(manifest) || a.isTagged(layer) {
		t.Errorf("tagged: %v", a.tagged)
	}
	if untagged, err := find(false); err != nil || len(untagged[0].tags)+len(untagged[1].tags) != 0 {
		t.Errorf("tags that weren't asked for: %v, %v", untagged, err)
	}
}

// TestIsNotFound tells the path that was asked for from others.
func TestIsNotFound(t *testing.T) {
	err := driver.PathNotFoundError{Path: "/a/b"}
	if !isNotFound(err, "/a/b") || isNotFound(err, "/a") || isNotFound(driver.InvalidPathError{Path: "/a/b"}, "/a/b") {
		t.Error("only what isn't there at this very path isn't found")
	}
}
