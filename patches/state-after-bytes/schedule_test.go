package storage

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// TestTwoWritersOfAnUpload runs two requests on one upload in every order of
// their steps, through two registries on the same storage. Whatever the order,
// what is stored under a digest has that digest.
func TestTwoWritersOfAnUpload(t *testing.T) {
	drivers := map[string]func(*testing.T) storagedriver.StorageDriver{
		"inmemory": func(*testing.T) storagedriver.StorageDriver { return inmemory.New() },
		"filesystem": func(t *testing.T) storagedriver.StorageDriver {
			return filesystem.New(filesystem.DriverParameters{RootDirectory: t.TempDir(), MaxThreads: 25})
		},
	}
	for name, open := range drivers {
		t.Run(name, func(t *testing.T) {
			driver := open(t)
			for _, schedule := range interleavings("owec", "OWEC") {
				runSchedule(t, driver, schedule)
			}
		})
	}
}

// interleavings returns the orders in which the steps of a and b can be taken.
func interleavings(a, b string) []string {
	if a == "" || b == "" {
		return []string{a + b}
	}
	var all []string
	for _, rest := range interleavings(a[1:], b) {
		all = append(all, a[:1]+rest)
	}
	for _, rest := range interleavings(a, b[1:]) {
		all = append(all, b[:1]+rest)
	}
	return all
}

// runSchedule takes the steps of two clients: open, write, end the request,
// commit under the digest of the client's own bytes. Those of the second client
// are in capitals. Steps may fail.
func runSchedule(t *testing.T, driver storagedriver.StorageDriver, schedule string) {
	t.Helper()
	ctx := context.Background()
	var clients [2]struct {
		blobs   distribution.BlobStore
		upload  distribution.BlobWriter
		content string
	}
	named, err := reference.WithName("foo/" + strings.ToLower(fmt.Sprintf("%x", schedule)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range clients {
		registry, err := NewRegistry(ctx, driver)
		if err != nil {
			t.Fatal(err)
		}
		repository, err := registry.Repository(ctx, named)
		if err != nil {
			t.Fatal(err)
		}
		clients[i].blobs = repository.Blobs(ctx)
		clients[i].content = fmt.Sprintf("content %d of %s", i, schedule)
	}
	upload, err := clients[0].blobs.Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := upload.Close(); err != nil {
		t.Fatal(err)
	}

	for _, step := range schedule {
		c := &clients[0]
		if step < 'a' {
			c = &clients[1]
		}
		switch step {
		case 'o', 'O':
			c.upload, _ = c.blobs.Resume(ctx, upload.ID())
		case 'w', 'W':
			if c.upload != nil {
				_, _ = io.Copy(c.upload, strings.NewReader(c.content))
			}
		case 'e', 'E':
			if c.upload != nil {
				_ = c.upload.Close()
			}
		case 'c', 'C':
			if w, err := c.blobs.Resume(ctx, upload.ID()); err == nil {
				_, _ = w.Commit(ctx, v1.Descriptor{Digest: digest.FromString(c.content)})
				_ = w.Close()
			}
		}
	}

	for i, c := range clients {
		path, err := pathFor(blobDataPathSpec{digest: digest.FromString(c.content)})
		if err != nil {
			t.Fatal(err)
		}
		stored, err := driver.GetContent(ctx, path)
		if err != nil {
			continue // not every client gets through
		}
		if sha256.Sum256(stored) != sha256.Sum256([]byte(c.content)) {
			t.Errorf("schedule %s: %q is stored under the digest of client %d", schedule, stored, i)
		}
	}
}
