package uploads

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/registry/storage"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// client is one of two clients, each on a registry of its own.
type client struct {
	blobs   distribution.BlobStore
	upload  distribution.BlobWriter
	content string
}

// faulty is storage that fails a writer's Close, or a Move, once it is told to.
type faulty struct {
	storagedriver.StorageDriver
	fault string
}

var errFault = errors.New("storage failed")

func (d *faulty) strikes(fault string) bool {
	hit := d.fault == fault
	if hit {
		d.fault = ""
	}
	return hit
}

func (d *faulty) Move(ctx context.Context, source, dest string) error {
	if d.strikes("before move") {
		return errFault
	}
	err := d.StorageDriver.Move(ctx, source, dest)
	if err == nil && d.strikes("after move") {
		return errFault
	}
	return err
}

func (d *faulty) PutContent(ctx context.Context, path string, content []byte) error {
	err := d.StorageDriver.PutContent(ctx, path, content)
	if err == nil && d.strikes("answer of put") {
		return errFault
	}
	return err
}

// The inmemory driver takes every order of the steps of two clients with every fault;
// where a step takes milliseconds, every third, which leaves out no order and no fault
// for good since there are four of these.
func TestSchedulesOfTwoClients(t *testing.T) {
	service := azurite.Shared(t)
	onAzure, err := azure.New(t.Context(), &azure.DriverParameters{
		AccountName: azurite.Account, AccountKey: azurite.Key, Container: service.NewContainer(t), ServiceURL: service.URL,
		RetryDelay: "10ms", RetryBudget: "2s",
	})
	require.NoError(t, err)
	for _, c := range []struct {
		driver storagedriver.StorageDriver
		stride int
	}{
		{inmemory.New(), 1},
		{filesystem.New(filesystem.DriverParameters{RootDirectory: t.TempDir(), MaxThreads: 25}), 3},
		{onAzure, 3},
	} {
		t.Run(c.driver.Name(), func(t *testing.T) {
			number := 0
			for _, second := range []string{"OWEP", "OWAP", "OPEW"} {
				for _, schedule := range orders("owep", second) {
					for _, fault := range []string{"", "before move", "after move", "answer of put"} {
						if number++; number%c.stride == 0 {
							play(t, &faulty{c.driver, fault}, fmt.Sprintf("r%d", number), schedule)
						}
					}
				}
			}
			t.Logf("%d schedules", number/c.stride)
		})
	}
}

// orders are those in which the steps of a and b can be taken.
func orders(a, b string) []string {
	if a == "" || b == "" {
		return []string{a + b}
	}
	var all []string
	for _, rest := range orders(a[1:], b) {
		all = append(all, a[:1]+rest)
	}
	for _, rest := range orders(a, b[1:]) {
		all = append(all, b[:1]+rest)
	}
	return all
}

// play takes the steps of a schedule: open, write, end, abort (a DELETE), PUT; those
// of the second client are in capitals. Any of them may fail.
func play(t *testing.T, d *faulty, repository, schedule string) {
	t.Helper()
	ctx := t.Context()
	name, err := reference.WithName(repository)
	require.NoError(t, err)
	fault := d.fault
	d.fault = ""
	var clients [2]client
	for i := range clients {
		registry, err := storage.NewRegistry(ctx, d)
		require.NoError(t, err)
		repo, err := registry.Repository(ctx, name)
		require.NoError(t, err)
		clients[i] = client{blobs: repo.Blobs(ctx), content: fmt.Sprintf("bytes of %d, %s %s", i, repository, schedule)}
	}
	upload, err := clients[0].blobs.Create(ctx)
	require.NoError(t, err)
	require.NoError(t, upload.Close())
	d.fault = fault
	for _, step := range schedule {
		if step < 'a' {
			clients[1].take(ctx, step+'a'-'A', upload.ID())
		} else {
			clients[0].take(ctx, step, upload.ID())
		}
	}
	for i, c := range clients {
		dgst := digest.FromString(c.content)
		path := "/docker/registry/v2/blobs/sha256/" + dgst.Encoded()[:2] + "/" + dgst.Encoded() + "/data"
		stored, err := d.GetContent(ctx, path)
		if err == nil && digest.FromBytes(stored) != dgst {
			t.Errorf("other bytes under the digest of client %d: schedule %s, fault %q: %q", i, schedule, fault, stored)
		}
	}
}

func (c *client) take(ctx context.Context, step rune, id string) {
	switch {
	case step == 'o':
		c.upload, _ = c.blobs.Resume(ctx, id)
	case step == 'p':
		if w, err := c.blobs.Resume(ctx, id); err == nil {
			_, _ = w.Commit(ctx, v1.Descriptor{Digest: digest.FromString(c.content)})
			_ = w.Close()
		}
	case c.upload == nil:
	case step == 'w':
		_, _ = io.Copy(c.upload, bytes.NewReader([]byte(c.content)))
	case step == 'e':
		_ = c.upload.Close()
	case step == 'a':
		_ = c.upload.Cancel(ctx)
	}
}
