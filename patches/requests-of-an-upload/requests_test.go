package storage

import (
	"context"
	"io"
	"path"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// requestsDriver notes what the registry asks of storage.
type requestsDriver struct {
	storagedriver.StorageDriver
	states []string // offsets of the states that are stored
	lists  int
	stats  int // of the upload's file
}

func (d *requestsDriver) PutContent(ctx context.Context, p string, content []byte) error {
	if strings.Contains(p, "/hashstates/") {
		d.states = append(d.states, path.Base(p))
	}
	return d.StorageDriver.PutContent(ctx, p, content)
}

func (d *requestsDriver) List(ctx context.Context, p string) ([]string, error) {
	d.lists++
	return d.StorageDriver.List(ctx, p)
}

func (d *requestsDriver) Stat(ctx context.Context, p string) (storagedriver.FileInfo, error) {
	if strings.Contains(p, "/_uploads/") {
		d.stats++
	}
	return d.StorageDriver.Stat(ctx, p)
}

// TestRequestsOfAnUpload uploads a blob in four requests: of no bytes, of two
// parts, and the one that commits.
func TestRequestsOfAnUpload(t *testing.T) {
	ctx := context.Background()
	d := &requestsDriver{StorageDriver: inmemory.New()}
	registry, err := NewRegistry(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	named, _ := reference.WithName("foo/bar")
	repository, err := registry.Repository(ctx, named)
	if err != nil {
		t.Fatal(err)
	}
	blobs := repository.Blobs(ctx)
	w, err := blobs.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"", "first", "second"} {
		if _, err := io.Copy(w, strings.NewReader(part)); err != nil {
			t.Fatal(err)
		}
		for range 2 { // as the handlers do
			_ = w.Close()
		}
		if w, err = blobs.Resume(ctx, w.ID()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Commit(ctx, v1.Descriptor{Digest: digest.FromString("firstsecond")}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(d.states, " "); got != "5 11" || d.lists != 0 || d.stats != 0 {
		t.Errorf("states at %s instead of 5 11, %d lists, the file was looked at %d times", got, d.lists, d.stats)
	}
}
