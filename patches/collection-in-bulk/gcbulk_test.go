package storage

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// bulkDriver deletes only in bulk, and not what is held.
type bulkDriver struct {
	objectDriver
	held  string
	calls int
}

func (d *bulkDriver) Delete(_ context.Context, path string) error {
	return errors.New("one by one: " + path)
}

func (d *bulkDriver) DeleteFiles(ctx context.Context, paths []string) []error {
	d.calls++
	errs := make([]error, len(paths))
	for i, p := range paths {
		if strings.Contains(p, d.held) {
			errs[i] = errors.New("somebody holds this")
		} else {
			errs[i] = d.objectDriver.Delete(ctx, p)
		}
	}
	return errs
}

var _ driver.FilesDeleter = (*bulkDriver)(nil)

func TestGCDeletesInBulk(t *testing.T) {
	ctx := dcontext.Background()
	d := objectDriver{inmemory.New()}
	registry := createRegistry(t, d)
	repo := makeRepository(t, registry, "bulk")
	first, second := tagImage(t, repo, "latest"), tagImage(t, repo, "newest")
	if err := repo.Tags(ctx).Tag(ctx, "latest", v1.Descriptor{Digest: second.manifestDigest}); err != nil {
		t.Fatal(err)
	}
	if err := repo.Tags(ctx).Untag(ctx, "newest"); err != nil {
		t.Fatal(err)
	}

	// the entry of a tag is held, so the manifest's own link has to stay
	bulk := &bulkDriver{objectDriver: d, held: "/index/sha256/" + first.manifestDigest.Encoded()}
	err := MarkAndSweep(ctx, bulk, registry, GCOpts{RemoveUntagged: true})
	if err == nil || !strings.Contains(err.Error(), bulk.held) {
		t.Errorf("it isn't told what couldn't be deleted: %v", err)
	}
	if bulk.calls > 4 {
		t.Errorf("%d calls", bulk.calls)
	}
	left := strings.Join(files(t, d), "\n")
	if !strings.Contains(left, "/revisions/sha256/"+first.manifestDigest.Encoded()) || strings.Contains(left, "/data/"+first.manifestDigest.Encoded()) {
		t.Errorf("there is left:\n%s", left)
	}

	bulk.held = "nothing"
	if err := MarkAndSweep(ctx, bulk, registry, GCOpts{RemoveUntagged: true}); err != nil {
		t.Error(err)
	}
	if left := strings.Join(files(t, d), "\n"); strings.Contains(left, first.manifestDigest.Encoded()) {
		t.Errorf("there is left:\n%s", left)
	}
}
