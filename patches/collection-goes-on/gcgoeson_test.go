package storage

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/distribution/v3/testutil"
	"github.com/opencontainers/go-digest"
)

// heldDriver refuses to delete what is held.
type heldDriver struct {
	driver.StorageDriver
	held string
}

func (d heldDriver) Delete(ctx context.Context, path string) error {
	if d.held != "" && strings.Contains(path, d.held) {
		return errors.New("somebody holds this")
	}
	return d.StorageDriver.Delete(ctx, path)
}

// smallImage uploads an image with one layer, which is this text.
func smallImage(t *testing.T, repo distribution.Repository, text string) image {
	t.Helper()
	i := image{layers: map[digest.Digest]io.ReadSeeker{digest.FromString(text): strings.NewReader(text)}}
	var err error
	if i.manifest, err = testutil.MakeOCIManifest(repo, getKeys(i.layers)); err != nil {
		t.Fatal(err)
	}
	i.manifestDigest = uploadImage(t, repo, i)
	return i
}

func TestGCGoesOnAfterWhatCannotBeDeleted(t *testing.T) {
	for _, what := range []func(image) digest.Digest{
		func(i image) digest.Digest { return getAnyKey(i.layers) },
		func(i image) digest.Digest { return i.manifestDigest },
	} {
		d := inmemory.New()
		ctx := dcontext.Background()
		registry := createRegistry(t, d)
		repo := makeRepository(t, registry, "held")
		held := what(smallImage(t, repo, "one"))
		smallImage(t, repo, "another")

		err := MarkAndSweep(ctx, heldDriver{d, held.Encoded()}, registry, GCOpts{RemoveUntagged: true})
		if err == nil || !strings.Contains(err.Error(), held.Encoded()) {
			t.Errorf("it isn't told what couldn't be deleted: %v", err)
		}
		if left := allBlobs(t, registry); len(left) != 1 {
			t.Errorf("%d blobs are left instead of the one that is held", len(left))
		}
		for range 2 {
			if err := MarkAndSweep(ctx, d, registry, GCOpts{RemoveUntagged: true}); err != nil {
				t.Errorf("once it can be deleted: %v", err)
			}
		}
		if left := allBlobs(t, registry); len(left) != 0 {
			t.Errorf("%d blobs are left in the end", len(left))
		}
	}
}
