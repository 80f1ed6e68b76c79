package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

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
	unread   map[string]Finding  // could not be looked at, by path
	first    error               // of those
	read     []alias             // links for checkAliases
	folders  map[string]struct{} // seen where a file should be
	summary  Summary

	reported map[blobID]struct{} // as a wrong link, so that it isn't missing as well
	disputed map[blobID]*dispute // what hashing decides
	graph    *graph              // built when the structure is known
}

// suspect is something that looked wrong once.
type suspect struct {
	Finding
	blob blobID // what it reaches, none for an upload or a lone tag
	repo repoID // where it is, when it isn't in the blob store
	tag  int32  // the tag that it is about, or -1
	// alike are tags of which the same is true.
	alike []int32
	// looked is the file whose state tells whether it is still the same, if that
	// isn't Path.
	looked string
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

// couldNotLook notes a file that could not be read, with which the run goes on. It
// returns an error only if the run itself is to end.
func (c *checker) couldNotLook(ctx context.Context, path string, d digest.Digest, err error) error {
	var stop *stopError
	if ctx.Err() != nil || errors.As(err, &stop) {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		c.first = err
	}
	c.unread[path] = Finding{
		Kind: Unreadable, Path: path, Digest: d, Stored: -1, Expected: -1, Detail: err.Error(),
		Mend: Mend{No, "make it readable and run again"}, Seen: Seen{At: time.Now().UTC()},
		Reach: Reach{Repositories: []string{}, Tags: []string{}, Manifests: []digest.Digest{}, Indexes: []digest.Digest{}},
	}
	return nil
}

// reportUnread hands over what could not be looked at, and returns the error that
// the run ends with if there is any.
func (c *checker) reportUnread() error {
	for _, path := range slices.Sorted(maps.Keys(c.unread)) {
		c.summary.count(c.unread[path])
		if err := c.emit(c.unread[path]); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	if n := int64(len(c.unread)); n > 0 {
		return &UnreadableError{Files: n, First: c.first}
	}
	return nil
}

// UnreadableError says that some files could not be read at all, so that a run
// over everything else can't vouch for the registry.
type UnreadableError struct {
	Files int64
	First error // the first error that was met
}

func (e *UnreadableError) Error() string {
	return fmt.Sprintf("%d files could not be read; the first: %v", e.Files, e.First)
}

func (e *UnreadableError) Unwrap() error { return e.First }

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
		c.noteFolder(path)
		return -1, nil
	}
	return info.Size(), nil
}

// content reads a small file; ok is false if there is none.
func (c *checker) content(ctx context.Context, path string) (content []byte, ok bool, err error) {
	content, err = c.driver.GetContent(ctx, path)
	if isNotFound(err) || err != nil && c.isFolder(ctx, path) {
		return nil, false, nil
	}
	return content, err == nil, err
}

// isFolder tells whether a folder is where a file should be.
func (c *checker) isFolder(ctx context.Context, path string) bool {
	info, err := c.driver.Stat(ctx, path)
	if err != nil || !info.IsDir() {
		return false
	}
	c.noteFolder(path)
	return true
}

func (c *checker) noteFolder(path string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.folders[path] = struct{}{}
}

// howAgain says how the right bytes come to be stored, when they can't be had from what is
// stored there now.
func (c *checker) howAgain(id blobID) string {
	switch {
	case c.o.Proxy:
		return "quarantine it, and it is fetched again when it is asked for"
	case id != none && c.graph != nil && !c.s.blobs[id].revision && len(c.graph.parents.of(id)) == 0:
		return "quarantine it (no readable manifest names it)"
	}
	return "quarantine it and push the image again"
}

func (c *checker) digest(id blobID) digest.Digest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.s.blobs[id].digest
}
