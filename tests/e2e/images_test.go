package e2e

import (
	"context"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"
)

// An image of many sizes of layers, twice, the second with layers of the first.
func TestPushAndPullImages(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	for name, o := range map[string]options{
		"served by the registry":          {azure: s.azure()},
		"redirected to the storage":       {azure: s.azure().with(section{"rootdirectory": "one"}), redirects: true},
		"under names of version 2":        {azure: s.azure().with(section{"rootdirectory": "two", "legacyrootprefix": true})},
		"redirected, names of version 2":  {azure: s.azure().with(section{"legacyrootprefix": true}), redirects: true},
		"with a connection string":        {azure: section{"connectionstring": connectionString(s), "container": s.container, "rootdirectory": "three"}},
		"with the smallest blocks":        {azure: s.azure().with(section{"rootdirectory": "four", "chunksize": 4 * mebibyte})},
		"with a credentials type as well": {azure: s.azure().with(section{"rootdirectory": "five", "credentials": section{"type": "shared_key"}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startRegistry(t, o)
			var layers []v1.Layer
			for _, size := range []int{1, kibibyte, 70_000, mebibyte, 4 * mebibyte, 4*mebibyte + 1, 20 * mebibyte} {
				layers = append(layers, newLayer(name, size))
			}
			first := newImage(t, "first", layers...)
			require.NoError(t, push(t.Context(), r.reference(t, "some/app"), first))
			require.NoError(t, pull(t.Context(), r.reference(t, "some/app"), first))

			second := newImage(t, "second", append(layers[3:], newLayer(name+"'s second", 300))...)
			require.NoError(t, push(t.Context(), r.reference(t, "some/app"), second))
			require.NoError(t, pull(t.Context(), r.reference(t, "some/app"), second))
			s.digests(t)
		})
	}
}

func connectionString(s *storage) string {
	return "DefaultEndpointsProtocol=http;AccountName=" + s.server.Account +
		";AccountKey=" + s.server.Key + ";BlobEndpoint=" + s.URL() + ";"
}

// A layer in many PATCH requests, of which no two go to the same replica.
func TestUploadHopsBetweenReplicasForEveryChunk(t *testing.T) {
	t.Parallel()
	s := newStorage(t)
	for name, config := range map[string]section{
		"small chunks": s.azure(),
		"large chunks": s.azure().with(section{"chunksize": 4 * mebibyte}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := startRegistry(t, options{azure: config}), startRegistry(t, options{azure: config})
			size := 300_000
			if name == "large chunks" {
				size = 7 * mebibyte
			}
			content := random(name, 10*mebibyte)
			wanted, err := pushChunks(t.Context(), "hops", content, size, one, two)
			require.NoError(t, err)
			for _, r := range []*registry{one, two} {
				requireBlob(t.Context(), t, r, "hops", content)
			}
			require.Contains(t, s.digests(t), wanted.Encoded())
		})
	}
}

// requireBlob pulls a blob and compares.
func requireBlob(ctx context.Context, t *testing.T, r *registry, repository string, want []byte) {
	t.Helper()
	got, err := pullBlob(ctx, r, repository, digestOf(want))
	require.NoError(t, err)
	require.Len(t, got, len(want))
	require.Equal(t, digestOf(want), digestOf(got))
}
