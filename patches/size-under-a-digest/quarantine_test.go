package storage

import (
	"bytes"
	"context"
	"path"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestPushReplacesBlobOfAnotherSize pushes what is stored under its digest with
// another size: as a layer, and as a manifest is put.
func TestPushReplacesBlobOfAnotherSize(t *testing.T) {
	ctx := context.Background()
	named, _ := reference.WithName("foo/bar")
	content := []byte("the content of a layer")
	dgst := digest.FromBytes(content)
	blobPath, err := pathFor(blobDataPathSpec{digest: dgst})
	if err != nil {
		t.Fatal(err)
	}
	for name, damaged := range map[string][]byte{
		"too long": append(bytes.Clone(content), content...),
		"cut":      content[:5],
		"empty":    {},
	} {
		for _, how := range []string{"upload", "put"} {
			t.Run(name+" "+how, func(t *testing.T) {
				driver := inmemory.New()
				if err := driver.PutContent(ctx, blobPath, damaged); err != nil {
					t.Fatal(err)
				}
				registry, err := NewRegistry(ctx, driver)
				if err != nil {
					t.Fatal(err)
				}
				repository, err := registry.Repository(ctx, named)
				if err != nil {
					t.Fatal(err)
				}
				blobs := repository.Blobs(ctx)
				if how == "upload" {
					w, err := blobs.Create(ctx)
					if err != nil {
						t.Fatal(err)
					}
					if _, err := w.Write(content); err != nil {
						t.Fatal(err)
					}
					if _, err := w.Commit(ctx, v1.Descriptor{Digest: dgst}); err != nil {
						t.Fatal(err)
					}
				} else if _, err := blobs.Put(ctx, v1.MediaTypeImageManifest, content); err != nil {
					t.Fatal(err)
				}

				stored, err := blobs.Get(ctx, dgst)
				if err != nil || !bytes.Equal(stored, content) {
					t.Fatalf("%q is stored: %v", stored, err)
				}
				var aside []byte
				err = driver.Walk(ctx, "/docker/registry/quarantine", func(fi storagedriver.FileInfo) error {
					if path.Base(fi.Path()) == "original" {
						aside, err = driver.GetContent(ctx, fi.Path())
					}
					return err
				})
				if err != nil || !bytes.Equal(aside, damaged) || aside == nil {
					t.Fatalf("%q was put aside: %v", aside, err)
				}
			})
		}
	}
}
