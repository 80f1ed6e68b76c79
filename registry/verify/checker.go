package verify

import (
	"context"
	"errors"
	"slices"
	"sync"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"
)

// checker holds one run. The checks add suspects, which become findings when a
// second look agrees.
type checker struct {
	driver storagedriver.StorageDriver
	o      Options
	s      *snapshot
	emit   func(Finding) error

	mu       sync.Mutex // guards what follows and s while files are being read
	suspects []suspect
	summary  Summary
}

// suspect is something that looked wrong once.
type suspect struct {
	Finding
	blob blobID // what it reaches, none for an upload or a lone tag
	repo repoID // where it is, when it isn't in the blob store
	tag  int32  // the tag that it is about, or -1
	// again looks once more and tells whether it is still wrong.
	again func(context.Context) (bool, error)
}

func (c *checker) add(s suspect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.blob != none && !c.wants(s.blob) || s.blob == none && len(c.o.Digests) > 0 {
		return
	}
	c.suspects = append(c.suspects, s)
}

// wants tells whether the run is about the blob.
func (c *checker) wants(id blobID) bool {
	b := c.s.blobs[id]
	if len(c.o.Repositories) > 0 && !b.linked {
		return false
	}
	if len(c.o.Digests) > 0 && !slices.Contains(c.o.Digests, b.digest) {
		return false
	}
	return c.o.Since.IsZero() || b.size < 0 || b.modified >= c.o.Since.Unix()
}

// inParallel calls f for 0 to n-1, at most o.Concurrency at a time.
func (c *checker) inParallel(ctx context.Context, n int, f func(context.Context, int) error) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(c.o.Concurrency)
	for i := 0; i < n && inner.Err() == nil; i++ {
		group.Go(func() error { return f(inner, i) })
	}
	return errors.Join(group.Wait(), ctx.Err())
}

// size asks for the size of a file now; -1 if there is none.
func (c *checker) size(ctx context.Context, path string) (int64, error) {
	info, err := c.driver.Stat(ctx, path)
	switch {
	case isNotFound(err):
		return -1, nil
	case err != nil:
		return 0, err
	case info.IsDir():
		return -1, nil
	}
	return info.Size(), nil
}

// content reads a small file; ok is false if there is none.
func (c *checker) content(ctx context.Context, path string) (content []byte, ok bool, err error) {
	content, err = c.driver.GetContent(ctx, path)
	if isNotFound(err) {
		return nil, false, nil
	}
	return content, err == nil, err
}

func (c *checker) digest(id blobID) digest.Digest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.blobs[id].digest
}
