package verifytest

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// Registry is a registry's storage under test.
type Registry struct {
	Driver storagedriver.StorageDriver
	// Right has the bytes that should be stored, by path.
	Right map[string][]byte

	tb     testing.TB
	writer Writer
	serial uint64
}

// New returns an empty registry that is written to through w and read by driver.
func New(tb testing.TB, driver storagedriver.StorageDriver, w Writer) *Registry {
	return &Registry{Driver: driver, Right: make(map[string][]byte), tb: tb, writer: w}
}

// Block is one append: its length in bytes, and how many of its answers are lost.
type Block struct{ Size, Lost int }

// Blocks splits size bytes into appends of at most most bytes, of which no answer
// is lost.
func Blocks(size, most int) []Block {
	var blocks []Block
	for ; size > 0; size -= most {
		blocks = append(blocks, Block{Size: min(size, most)})
	}
	return blocks
}

// Noise returns n bytes without repetitions, like those of a compressed layer.
func Noise(seed uint64, n int) []byte {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(b) // never fails
	return b
}

// write stores a file in the given appends; the last one takes what is left. One
// that loses no answers is stored at once: how doesn't show in what it holds.
func (r *Registry) write(path string, content []byte, blocks []Block) {
	r.tb.Helper()
	ctx := r.tb.Context()
	if !loses(blocks) {
		mustNot(r.tb, r.Driver.PutContent(ctx, path, content))
		return
	}
	mustNot(r.tb, r.writer.Create(ctx, path))
	rest := content
	for _, b := range blocks {
		mustNot(r.tb, r.writer.Append(ctx, path, rest[:b.Size], b.Lost))
		rest = rest[b.Size:]
	}
	if len(rest) > 0 {
		mustNot(r.tb, r.writer.Append(ctx, path, rest, 0))
	}
}

func loses(blocks []Block) bool {
	return slices.ContainsFunc(blocks, func(b Block) bool { return b.Lost > 0 })
}

// PutFile stores a small file in one append, losing so many answers.
func (r *Registry) PutFile(path string, content []byte, lost int) {
	r.tb.Helper()
	r.write(path, content, []Block{{len(content), lost}})
	r.Right[path] = content
}

// PushBlob uploads a blob in the given appends and links it, as a push does. One
// that loses no answers comes without an upload, which leaves nothing behind.
func (r *Registry) PushBlob(repository string, content []byte, blocks ...Block) v1.Descriptor {
	r.tb.Helper()
	d := digest.FromBytes(content)
	path := layout.BlobPath(d)
	_, stored := r.Right[path]
	switch {
	case stored:
	case !loses(blocks):
		r.PutFile(path, content, 0)
	default:
		upload := r.BeginUpload(repository, time.Now())
		r.write(upload.Path(), content, blocks)
		mustNot(r.tb, r.Driver.Move(r.tb.Context(), upload.Path(), path))
		upload.File = ""
		mustNot(r.tb, r.Driver.Delete(r.tb.Context(), upload.Path()))
		r.Right[path] = content
	}
	r.LinkBlob(repository, d)
	return v1.Descriptor{MediaType: v1.MediaTypeImageLayerGzip, Digest: d, Size: int64(len(content))}
}

// BeginUpload writes what the start of an upload leaves behind, and returns where
// its data goes.
func (r *Registry) BeginUpload(repository string, started time.Time) layout.Entry {
	r.tb.Helper()
	r.serial++
	e := layout.Entry{Kind: layout.Upload, Repository: repository, Name: uploadID(r.serial), File: "startedat"}
	r.write(e.Path(), []byte(started.UTC().Format(time.RFC3339)), nil)
	e.File = "data"
	return e
}

// uploadID has the form of the registry's upload ids.
func uploadID(n uint64) string {
	hex := digest.FromString(strconv.FormatUint(n, 10)).Encoded()
	return hex[:8] + "-" + hex[8:12] + "-4" + hex[13:16] + "-8" + hex[17:20] + "-" + hex[20:32]
}

// LinkBlob lets the repository serve the blob.
func (r *Registry) LinkBlob(repository string, d digest.Digest) {
	r.tb.Helper()
	r.PutFile(layout.Entry{Kind: layout.LayerLink, Repository: repository, Digest: d}.Path(), []byte(d), 0)
}

// PushImage stores an image manifest over layers that have been pushed, with a
// config of its own, and tags it unless tag is empty.
func (r *Registry) PushImage(repository, tag string, layers ...v1.Descriptor) v1.Descriptor {
	r.tb.Helper()
	r.serial++
	config := r.PushBlob(repository, mustJSON(r.tb, v1.Image{Author: repository + ":" + tag, Platform: v1.Platform{
		Architecture: "amd64", OS: "linux", OSVersion: uploadID(r.serial),
	}}))
	config.MediaType = v1.MediaTypeImageConfig
	return r.PushManifest(repository, tag, v1.MediaTypeImageManifest, mustJSON(r.tb, v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Config: config, Layers: layers,
	}))
}

// PushIndex stores an index of manifests that have been pushed.
func (r *Registry) PushIndex(repository, tag string, manifests ...v1.Descriptor) v1.Descriptor {
	r.tb.Helper()
	return r.PushManifest(repository, tag, v1.MediaTypeImageIndex, mustJSON(r.tb, v1.Index{
		Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex, Manifests: manifests,
	}))
}

// PushManifest stores a manifest, links it, and tags it unless tag is empty.
func (r *Registry) PushManifest(repository, tag, mediaType string, content []byte) v1.Descriptor {
	r.tb.Helper()
	d := digest.FromBytes(content)
	r.PutFile(layout.BlobPath(d), content, 0)
	r.PutFile(layout.Entry{Kind: layout.RevisionLink, Repository: repository, Digest: d}.Path(), []byte(d), 0)
	if tag != "" {
		r.Tag(repository, tag, d)
	}
	return v1.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(content))}
}

// Tag lets the tag name a manifest.
func (r *Registry) Tag(repository, tag string, d digest.Digest) {
	r.tb.Helper()
	r.PutFile(layout.Entry{Kind: layout.TagIndex, Repository: repository, Name: tag, Digest: d}.Path(), []byte(d), 0)
	r.PutFile(layout.Entry{Kind: layout.TagCurrent, Repository: repository, Name: tag}.Path(), []byte(d), 0)
}

// Empty lets the creation of a file land a second time, after its content.
func (r *Registry) Empty(path string) {
	r.tb.Helper()
	mustNot(r.tb, r.writer.Create(r.tb.Context(), path))
}

// Replace stores other bytes at a path than the ones that are right there.
func (r *Registry) Replace(path string, content []byte) {
	r.tb.Helper()
	r.write(path, content, nil)
}

// Wrong returns the paths of the files that don't hold the right bytes, or
// aren't there.
func (r *Registry) Wrong() []string {
	r.tb.Helper()
	var wrong []string
	for path, right := range r.Right {
		stored, err := r.Driver.GetContent(r.tb.Context(), path)
		if err != nil || !bytes.Equal(stored, right) {
			wrong = append(wrong, path)
		}
	}
	return wrong
}

func mustJSON(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	mustNot(tb, err)
	return b
}
