package verify_test

import (
	"testing"
	"time"

	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func newRegistry(t *testing.T) *verifytest.Registry {
	driver := inmemory.New()
	return verifytest.New(t, driver, verifytest.NewWriter(driver))
}

// run verifies and returns the findings, by path.
func run(t *testing.T, r *verifytest.Registry, o verify.Options) (map[string]verify.Finding, verify.Summary) {
	t.Helper()
	o.Settle = time.Millisecond
	o.Litter = true
	found := make(map[string]verify.Finding)
	summary, err := verify.Run(t.Context(), r.Driver, o, func(f verify.Finding) error {
		require.NotContains(t, found, f.Path)
		found[f.Path] = f
		return nil
	})
	require.NoError(t, err)
	require.True(t, summary.Finished)
	require.Equal(t, len(found), summary.Findings+summary.Litter)
	return found, summary
}

// both runs a quick and a full run, which must find the same files, and returns
// what the full one found.
func both(t *testing.T, r *verifytest.Registry) map[string]verify.Finding {
	t.Helper()
	quick, _ := run(t, r, verify.Options{})
	full, _ := run(t, r, verify.Options{Full: true})
	kinds := func(found map[string]verify.Finding) map[string]verify.Kind {
		m := make(map[string]verify.Kind)
		for p, f := range found {
			m[p] = f.Kind
		}
		return m
	}
	require.Equal(t, kinds(quick), kinds(full))
	return full
}

func requireOne(t *testing.T, found map[string]verify.Finding, path string) verify.Finding {
	t.Helper()
	require.Len(t, found, 1)
	require.Contains(t, found, path)
	return found[path]
}

func TestRootWithoutARegistryIsNotClean(t *testing.T) {
	r := newRegistry(t)
	_, err := verify.Run(t.Context(), r.Driver, verify.Options{}, nil)
	require.ErrorIs(t, err, verify.ErrNoRegistry)
	r.PutFile("/docker/registry/v2/readme", []byte("x"), 0)
	_, err = verify.Run(t.Context(), r.Driver, verify.Options{}, nil)
	require.ErrorIs(t, err, verify.ErrNoRegistry)
}

func TestSoundRegistryIsClean(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a/b", verifytest.Noise(1, 10_000))
	empty := r.PushBlob("a/b", nil)
	one := r.PushImage("a/b", "latest", layer, empty)
	two := r.PushImage("a/b", "latest", layer)
	r.PushIndex("a/b", "all", one, two)
	r.PushBlob("c", verifytest.Noise(2, 100))
	r.BeginUpload("c", time.Now())
	require.Empty(t, both(t, r))
	_, summary := run(t, r, verify.Options{Full: true})
	require.Equal(t, 2, summary.Repositories)
	require.Equal(t, 3, summary.Manifests)
	require.Equal(t, 2, summary.Tags)
	require.Equal(t, 8, summary.Blobs)
}

func TestLayerWithARepeatedBlock(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100_000), verifytest.Block{Size: 30_000}, verifytest.Block{Size: 40_000, Lost: 2})
	image := r.PushImage("a", "v1", layer)
	index := r.PushIndex("a", "latest", image, r.PushImage("a", ""))
	quick, _ := run(t, r, verify.Options{})
	require.Equal(t, verify.Maybe, requireOne(t, quick, layout.BlobPath(layer.Digest)).Mend.Chance)
	f := requireOne(t, both(t, r), layout.BlobPath(layer.Digest))
	require.Equal(t, verify.BlobTooLong, f.Kind)
	require.Equal(t, int64(180_000), f.Stored)
	require.Equal(t, int64(100_000), f.Expected)
	require.Equal(t, verify.Yes, f.Mend.Chance)
	require.Equal(t, "cut out 80000 bytes at 30000", f.Mend.How)
	require.Equal(t, []string{"a"}, f.Repositories)
	require.Equal(t, []string{"a:latest", "a:v1"}, f.Tags)
	require.Equal(t, []digest.Digest{image.Digest}, f.Manifests)
	require.Equal(t, []digest.Digest{index.Digest}, f.Indexes)
}

func TestManifestStoredTwice(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 9000, Lost: 1})
	image := r.PushImage("a", "v1", layer)
	path := layout.BlobPath(image.Digest)
	r.PutFile(path, r.Right[path], 1)
	found := both(t, r)
	require.Len(t, found, 2, "the layer is found although its manifest is damaged")
	require.Equal(t, verify.ManifestCorrupt, found[path].Kind)
	require.Equal(t, verify.Yes, found[path].Mend.Chance)
	require.Equal(t, []string{"a:v1"}, found[path].Tags)
	require.Equal(t, verify.BlobTooLong, found[layout.BlobPath(layer.Digest)].Kind)
}

func TestLinksStoredTwiceOrEmpty(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000))
	image := r.PushImage("a", "v1", layer)
	for _, e := range []layout.Entry{
		{Kind: layout.LayerLink, Digest: layer.Digest},
		{Kind: layout.RevisionLink, Digest: image.Digest},
		{Kind: layout.TagIndex, Name: "v1", Digest: image.Digest},
		{Kind: layout.TagCurrent, Name: "v1"},
	} {
		e.Repository = "a"
		path := e.Path()
		right := r.Right[path]
		check := func() {
			f := requireOne(t, both(t, r), path)
			require.Equal(t, verify.LinkWrong, f.Kind)
			require.Equal(t, verify.Yes, f.Mend.Chance)
			require.Equal(t, string(right), string(f.Content))
			require.Equal(t, []string{"a"}, f.Repositories)
			require.Equal(t, []string{"a:v1"}, f.Tags)
		}
		r.PutFile(path, right, 1)
		check()
		r.Empty(path)
		check()
		r.PutFile(path, right, 0)
	}
	require.Empty(t, both(t, r))
}

func TestRunOverARepositoryThatIsNotThereIsNotClean(t *testing.T) {
	r := newRegistry(t)
	r.PushImage("team/a", "v1")
	_, err := verify.Run(t.Context(), r.Driver, verify.Options{Repositories: []string{"team/*", "taem/*"}}, func(verify.Finding) error { return nil })
	require.ErrorContains(t, err, "no repository matches taem/*")
	require.NotErrorIs(t, err, verify.ErrNoRegistry)
}

func TestRunOverADigestThatIsNotThereIsNotClean(t *testing.T) {
	r := newRegistry(t)
	image := r.PushImage("a", "v1")
	o := verify.Options{Digests: []digest.Digest{image.Digest}}
	_, err := verify.Run(t.Context(), r.Driver, o, func(verify.Finding) error { return nil })
	require.NoError(t, err)
	o.Digests = append(o.Digests, digest.FromString("mistyped"))
	_, err = verify.Run(t.Context(), r.Driver, o, func(verify.Finding) error { return nil })
	require.ErrorContains(t, err, o.Digests[1].String())
}
