package storage

import (
	"testing"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
)

// TestMarker marks an index, whose child is linked, and a manifest that is gone.
func TestMarker(t *testing.T) {
	ctx := dcontext.Background()
	d := inmemory.New()
	store := func(content string) digest.Digest {
		dgst := digest.FromString(content)
		blobPath, err := pathFor(blobDataPathSpec{digest: dgst})
		if err == nil {
			err = d.PutContent(ctx, blobPath, []byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
		return dgst
	}
	descriptor := func(mediaType string, dgst digest.Digest) string {
		return `{"mediaType":"` + mediaType + `","size":1,"digest":"` + dgst.String() + `"}`
	}
	config, layer, gone := digest.FromString("config"), digest.FromString("layer"), digest.FromString("gone")
	child := store(`{"schemaVersion":2,"config":` + descriptor("application/vnd.oci.image.config.v1+json", config) +
		`,"layers":[` + descriptor("application/vnd.oci.image.layer.v1.tar", layer) + `]}`)
	index := store(`{"schemaVersion":2,"manifests":[` + descriptor("application/vnd.oci.image.manifest.v1+json", child) + `]}`)

	m := marker{
		driver: d, quiet: true,
		manifests: map[digest.Digest]struct{}{child: {}, index: {}, gone: {}},
		read:      map[digest.Digest]struct{}{},
		marked:    map[digest.Digest]struct{}{},
	}
	for _, dgst := range []digest.Digest{index, gone} {
		if err := m.mark(ctx, "repository", dgst); err != nil {
			t.Fatal(err)
		}
	}
	for name, dgst := range map[string]digest.Digest{"index": index, "child": child, "config": config, "layer": layer, "gone": gone} {
		if _, ok := m.marked[dgst]; !ok {
			t.Errorf("%s isn't marked", name)
		}
	}

	m.manifests[store("not a manifest")] = struct{}{}
	if err := m.mark(ctx, "repository", digest.FromString("not a manifest")); err == nil {
		t.Error("what can't be understood has no references")
	}
}
