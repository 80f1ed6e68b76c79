package storage

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/internal/uuid"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

// TestPurgeUploadsWithoutDate purges what a broken or cancelled upload leaves: by
// the age of its files, and nothing that only looks like an upload.
func TestPurgeUploadsWithoutDate(t *testing.T) {
	ctx := context.Background()
	d := inmemory.New()
	put := func(path, content string) {
		t.Helper()
		if err := d.PutContent(ctx, path, []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	const repositories = "/docker/registry/v2/repositories/"
	left := repositories + "foo/_uploads/" + uuid.NewString()
	put(left+"/hashstates/sha256/0", "state")
	broken := repositories + "foo/_uploads/" + uuid.NewString()
	put(broken+"/startedat", "")
	put(broken+"/data", "content")
	put(repositories+uuid.NewString()+"/_manifests/tags/latest/current/link", "sha256:0")
	active := repositories + "foo/_uploads/" + uuid.NewString()
	put(active+"/startedat", time.Now().Add(time.Hour).Format(time.RFC3339))

	if deleted, _ := PurgeUploads(ctx, d, time.Now().Add(-time.Minute), true); len(deleted) != 0 {
		t.Errorf("purged although its files are young: %s", deleted)
	}
	deleted, _ := PurgeUploads(ctx, d, time.Now().Add(time.Minute), true)
	want := []string{left, broken}
	slices.Sort(deleted)
	slices.Sort(want)
	if !slices.Equal(deleted, want) {
		t.Errorf("purged %s instead of %s", deleted, want)
	}
}
