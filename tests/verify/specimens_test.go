package verify

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// reportWithLitter verifies in this process. It returns the report, and what was
// found by path.
func reportWithLitter(t *testing.T, r *verifytest.Registry) (string, map[string]verify.Finding) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "report")
	file, err := os.Create(name)
	require.NoError(t, err)
	out, found := report.NewJSON(file, ""), make(map[string]verify.Finding)
	o := verify.Options{Full: true, Litter: true, UploadAge: time.Hour, Settle: time.Millisecond}
	summary, err := verify.Run(t.Context(), r.Driver, o, func(f verify.Finding) error {
		found[f.Path] = f
		return out.Finding(f)
	})
	require.NoError(t, err)
	require.NoError(t, out.Summary(summary))
	require.NoError(t, file.Close())
	return name, found
}

// putter returns a push that stores a file again, as it should be or otherwise.
func putter(t *testing.T, r *verifytest.Registry, p, content string) func(context.Context) (string, string) {
	return func(ctx context.Context) (string, string) {
		require.NoError(t, r.Driver.PutContent(ctx, p, []byte(content)))
		return p, content
	}
}

// dropper returns a delete of a folder, which may be away already.
func dropper(r *verifytest.Registry, folder string) func(context.Context) {
	return func(ctx context.Context) { _ = r.Driver.Delete(ctx, folder) }
}

func damagedLayers(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	return layers(t, r, n, func(i int) v1.Descriptor {
		return r.PushBlob("a", verifytest.Noise(uint64(i), 900), verifytest.Block{Size: 300, Lost: 1}) //nolint:gosec // small
	}, true)
}

// lostLayers are one byte short.
func lostLayers(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	return replacedLayers(t, r, n, func(right []byte) []byte { return right[1:] })
}

func emptyLayers(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	return replacedLayers(t, r, n, func([]byte) []byte { return nil })
}

// flippedLayers have the right size.
func flippedLayers(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	return replacedLayers(t, r, n, func(right []byte) []byte { return append([]byte{^right[0]}, right[1:]...) })
}

func replacedLayers(t *testing.T, r *verifytest.Registry, n int, damage func(right []byte) []byte) []*specimen {
	return layers(t, r, n, func(i int) v1.Descriptor {
		right := verifytest.Noise(uint64(i), 900) //nolint:gosec // small
		layer := r.PushBlob("a", right)
		r.Replace(layout.BlobPath(layer.Digest), damage(right))
		return layer
	}, false)
}

func damagedManifests(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	var list []*specimen
	for i := range n {
		image := r.PushImage("a", fmt.Sprintf("v%03d", i))
		list = append(list, storedTwice(t, r, layout.BlobPath(image.Digest)))
	}
	return list
}

func damagedLayerLinks(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	var list []*specimen
	var pushed []v1.Descriptor
	for i := range n {
		layer := r.PushBlob("a", verifytest.Noise(uint64(i), 90)) //nolint:gosec // small
		pushed = append(pushed, layer)
		list = append(list, storedTwice(t, r, layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()))
	}
	r.PushImage("a", "v1", pushed...)
	return list
}

func damagedRevisions(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	var list []*specimen
	for i := range n {
		image := r.PushImage("a", fmt.Sprintf("v%03d", i))
		list = append(list, storedTwice(t, r, layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path()))
	}
	return list
}

// storedTwice damages a file that is right.
func storedTwice(t *testing.T, r *verifytest.Registry, p string) *specimen {
	right := string(r.Right[p])
	r.PutFile(p, []byte(right), 1)
	return &specimen{path: p, keys: []string{p}, mended: right, push: putter(t, r, p, right), drop: dropper(r, path.Dir(p))}
}

func layers(t *testing.T, r *verifytest.Registry, n int, damaged func(i int) v1.Descriptor, mendable bool) []*specimen {
	var list []*specimen
	var pushed []v1.Descriptor
	for i := range n {
		layer := damaged(i)
		pushed = append(pushed, layer)
		p := layout.BlobPath(layer.Digest)
		right := string(r.Right[p])
		s := &specimen{path: p, keys: []string{p}, push: putter(t, r, p, right), drop: dropper(r, path.Dir(p))}
		if mendable {
			s.mended = right
		}
		list = append(list, s)
	}
	r.PushImage("a", "v1", pushed...)
	return list
}

func damagedTags(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	image, newer := r.PushImage("a", ""), r.PushImage("a", "newer")
	var list []*specimen
	for i := range n {
		tag := fmt.Sprintf("v%03d", i)
		r.Tag("a", tag, image.Digest)
		p := layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: tag}.Path()
		r.PutFile(p, r.Right[p], 1)
		list = append(list, &specimen{
			path: p, keys: []string{path.Dir(path.Dir(p)) + "/"}, mended: image.Digest.String(),
			push: putter(t, r, p, newer.Digest.String()), drop: dropper(r, path.Dir(path.Dir(p))),
		})
	}
	return list
}

// missingLinks has layers of one image each, because the image is what is deleted.
func missingLinks(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	var list []*specimen
	for i := range n {
		layer := r.PushBlob("a", verifytest.Noise(uint64(i), 90)) //nolint:gosec // small
		p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
		require.NoError(t, r.Driver.Delete(t.Context(), path.Dir(p)))
		image := r.PushImage("a", "", layer)
		revision := layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path()
		list = append(list, &specimen{
			path: p, keys: []string{p, revision, layout.BlobPath(layer.Digest)}, mended: layer.Digest.String(),
			push: putter(t, r, p, layer.Digest.String()), drop: dropper(r, path.Dir(revision)), deleted: revision,
		})
	}
	return list
}

func danglingLinks(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	r.PushImage("b", "v1")
	var list []*specimen
	for i := range n {
		content := verifytest.Noise(uint64(i), 90) //nolint:gosec // small
		layer := r.PushBlob("a", content)
		require.NoError(t, r.Driver.Delete(t.Context(), layout.BlobFolder(layer.Digest)))
		p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
		list = append(list, &specimen{
			path: p, keys: []string{p, layout.BlobFolder(layer.Digest)}, drop: dropper(r, path.Dir(p)),
			push: func(ctx context.Context) (string, string) {
				require.NoError(t, r.Driver.PutContent(ctx, layout.BlobPath(layer.Digest), content))
				return putter(t, r, p, layer.Digest.String())(ctx)
			},
		})
	}
	return list
}

func abandonedUploads(t *testing.T, r *verifytest.Registry, n int) []*specimen {
	r.PushImage("b", "v1")
	var list []*specimen
	for range n {
		data := r.BeginUpload("a", time.Now().Add(-2*time.Hour)).Path()
		require.NoError(t, appendTo(t.Context(), r, data, false, "first"))
		list = append(list, &specimen{
			path: path.Dir(data), keys: []string{path.Dir(data)}, drop: dropper(r, path.Dir(data)),
			push: func(ctx context.Context) (string, string) {
				if appendTo(ctx, r, data, true, "second") != nil {
					return "", ""
				}
				return data, "firstsecond"
			},
		})
	}
	return list
}

// appendTo goes on with an upload as the registry does.
func appendTo(ctx context.Context, r *verifytest.Registry, data string, begun bool, chunk string) error {
	w, err := r.Driver.Writer(ctx, data, begun)
	if err != nil {
		return err
	}
	if _, err := w.Write([]byte(chunk)); err != nil {
		return err
	}
	return w.Close()
}
