package e2e

import (
	"context"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// An image of many sizes of layers, twice, the second with layers of the first.
func TestPushAndPullImages(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for name, o := range map[string]registrytest.Options{
		"served by the registry":          {Azure: s.Azure(nil)},
		"redirected to the storage":       {Azure: s.Azure(registrytest.Section{"rootdirectory": "one"}), Redirects: true},
		"under names of version 2":        {Azure: s.Azure(registrytest.Section{"rootdirectory": "two", "legacyrootprefix": true})},
		"redirected, names of version 2":  {Azure: s.Azure(registrytest.Section{"legacyrootprefix": true}), Redirects: true},
		"with a connection string":        {Azure: registrytest.Section{"connectionstring": connectionString(s), "container": s.Container, "rootdirectory": "three"}},
		"with the smallest blocks":        {Azure: s.Azure(registrytest.Section{"rootdirectory": "four", "chunksize": 4 * mebibyte})},
		"with a credentials type as well": {Azure: s.Azure(registrytest.Section{"rootdirectory": "five", "credentials": registrytest.Section{"type": "shared_key"}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := registrytest.Start(t, o)
			var layers []v1.Layer
			for _, size := range []int{1, kibibyte, 70_000, mebibyte, 4 * mebibyte, 4*mebibyte + 1, 20 * mebibyte} {
				layers = append(layers, newLayer(name, size))
			}
			first := newImage(t, "first", layers...)
			require.NoError(t, push(t.Context(), latest(t, r, "some/app"), first))
			require.NoError(t, pull(t.Context(), latest(t, r, "some/app"), first))

			second := newImage(t, "second", append(layers[3:], newLayer(name+"'s second", 300))...)
			require.NoError(t, push(t.Context(), latest(t, r, "some/app"), second))
			require.NoError(t, pull(t.Context(), latest(t, r, "some/app"), second))
			s.Digests(t)
		})
	}
}

func connectionString(s *registrytest.Storage) string {
	return "DefaultEndpointsProtocol=http;AccountName=" + s.Server.Account +
		";AccountKey=" + s.Server.Key + ";BlobEndpoint=" + s.URL() + ";"
}

// A layer in many PATCH requests, of which no two go to the same replica.
func TestUploadHopsBetweenReplicasForEveryChunk(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for name, config := range map[string]registrytest.Section{
		"small chunks": s.Azure(nil),
		"large chunks": s.Azure(registrytest.Section{"chunksize": 4 * mebibyte}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one, two := registrytest.Start(t, registrytest.Options{Azure: config}), registrytest.Start(t, registrytest.Options{Azure: config})
			size := 300_000
			if name == "large chunks" {
				size = 7 * mebibyte
			}
			content := registrytest.Random(name, 10*mebibyte)
			wanted, err := pushChunks(t.Context(), "hops", content, size, one, two)
			require.NoError(t, err)
			for _, r := range []*registrytest.Registry{one, two} {
				requireBlob(t.Context(), t, r, "hops", content)
			}
			require.Contains(t, s.Digests(t), wanted.Encoded())
		})
	}
}

// requireBlob pulls a blob and compares.
func requireBlob(ctx context.Context, t *testing.T, r *registrytest.Registry, repository string, want []byte) {
	t.Helper()
	got, err := pullBlob(ctx, r, repository, digestOf(want))
	require.NoError(t, err)
	require.Len(t, got, len(want))
	require.Equal(t, digestOf(want), digestOf(got))
}
