package verify

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestOddButSoundIsNoFinding has what a registry may well hold and what is no
// damage: all kinds of manifest, blobs that are stored elsewhere or nowhere by
// right, and what a push under way has written so far.
func TestOddButSoundIsNoFinding(t *testing.T) {
	everywhere(t, func(t *testing.T, r *verifytest.Registry, storage string) {
		config := configuration(t, storage, "127.0.0.1:0")
		require.Empty(t, findings(t, config, 2, "--full"), "no registry")

		layer := r.PushBlob("team/a/b/c", verifytest.Noise(1, 5000))
		image := r.PushImage("team/a/b/c", "v1", layer)
		r.LinkBlob("other", layer.Digest) // mounted
		r.PushImage("other", "v1", layer)
		r.PushIndex("team/a/b/c", "all", image, r.PushImage("team/a/b/c", ""))
		r.Tag("team/a/b/c", "moved", r.PushImage("team/a/b/c", "moved").Digest)

		empty := r.PushBlob("team/a", nil)
		zstd := layer
		zstd.MediaType = v1.MediaTypeImageLayerZstd
		foreign := v1.Descriptor{
			MediaType: v1.MediaTypeImageLayerNonDistributableGzip, //nolint:staticcheck // old images have them
			Digest:    digest.FromString("elsewhere"), Size: 9000, URLs: []string{"https://example.com/layer"},
		}
		r.LinkBlob("team/a", layer.Digest)
		r.PushImage("team/a", "layers", zstd, foreign, empty)
		subject := v1.Descriptor{MediaType: v1.MediaTypeImageManifest, Digest: digest.FromString("never pushed"), Size: 700}
		r.PushManifest("team/a", "", v1.MediaTypeImageManifest, encode(t, v1.Manifest{
			MediaType: v1.MediaTypeImageManifest, Config: empty, Layers: []v1.Descriptor{zstd}, Subject: &subject,
		}))
		r.PushManifest("team/a", "signed", "application/vnd.docker.distribution.manifest.v1+prettyjws",
			fmt.Appendf(nil, `{"schemaVersion":1,"fsLayers":[{"blobSum":%q}]}`, layer.Digest))

		upload := r.BeginUpload("team/a", time.Now())
		r.Replace(upload.Path(), verifytest.Noise(3, 1000))
		upload.File = path.Join("hashstates/sha256", "1000")
		r.Replace(upload.Path(), verifytest.Noise(4, 100))

		require.Empty(t, findings(t, config, 0))
		require.Empty(t, findings(t, config, 0, "--full", "--concurrency", "1"))
	})
}

// TestSizesAndPlacesOfBlocks has blocks of every kind of size at every place, in
// several layers of an image at once.
func TestSizesAndPlacesOfBlocks(t *testing.T) {
	const mib = 1 << 20
	layers := [][]verifytest.Block{
		{{Size: 100_000}, {Size: 1, Lost: 1}, {Size: 20_000}},
		{{Size: 100, Lost: 1}, {Size: 300_000}},
		{{Size: 70_000}, {Size: 100, Lost: 2}, {Size: 70_000}, {Size: 4095, Lost: 1}},
		{{Size: 3 * mib}, {Size: 3 * mib, Lost: 1}, {Size: 77}},
		{{Size: 4 * mib, Lost: 2}, {Size: 4*mib - 1, Lost: 1}, {Size: 1000}},
		{{Size: 4096}, {Size: 4 * mib, Lost: 1}},
		{{Size: 60_000}, {Size: 1, Lost: 1}},
	}
	everywhere(t, func(t *testing.T, r *verifytest.Registry, storage string) {
		want := make(map[string]verify.Kind)
		var pushed []v1.Descriptor
		for i, blocks := range layers {
			size := 0
			for _, b := range blocks {
				size += b.Size
			}
			d := r.PushBlob("a", verifytest.Noise(uint64(i), size), blocks...)
			want[layout.BlobPath(d.Digest)] = verify.BlobTooLong
			pushed = append(pushed, d)
		}
		r.PushIndex("a", "all", r.PushImage("a", "v1", pushed...))
		config := configuration(t, storage, "127.0.0.1:0")
		require.Equal(t, want, kinds(findings(t, config, 1)))
		full := findings(t, config, 1, "--full")
		require.Equal(t, want, kinds(full))
		for p, f := range full {
			require.Equal(t, verify.Yes, f.Mend.Chance, f.Detail)
			require.Equal(t, []string{"a:all", "a:v1"}, f.Tags, p)
			require.Len(t, f.Indexes, 1)
		}
		var records []string
		for _, result := range results(t, config, 0, "--apply") {
			records = append(records, result.Record)
		}
		require.Empty(t, r.Wrong())
		require.Empty(t, findings(t, config, 0, "--full"))
		for _, record := range records {
			o := registry(t, "repair", config, "--undo", record)
			require.Equal(t, 0, o.code, o.stderr)
			require.True(t, strings.HasPrefix(o.stdout, "put back "), o.stdout)
		}
		require.Equal(t, want, kinds(findings(t, config, 1)), "undone")
		results(t, config, 0, "--apply")
		require.Empty(t, r.Wrong(), "mended again")
	})
}

func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
