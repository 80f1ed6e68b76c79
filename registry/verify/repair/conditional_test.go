package repair_test

import (
	"context"
	"io"
	"path"
	"strconv"
	"sync"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// conditional is a driver with conditions: every write gives the file a new ETag,
// and conditions are judged together with what depends on them. What is hooked
// happens before each request of its own methods, whatever they are.
type conditional struct {
	storagedriver.StorageDriver
	mu    *sync.Mutex
	etags map[string]int
	next  *int
	hook  func()
}

func withConditions(inner storagedriver.StorageDriver) *conditional {
	return &conditional{StorageDriver: inner, mu: &sync.Mutex{}, etags: make(map[string]int), next: new(int)}
}

// hooked returns the same storage, seen through a hook.
func (c *conditional) hooked(hook func()) *conditional {
	other := *c
	other.hook = hook
	return &other
}

func (c *conditional) begin() {
	if c.hook != nil {
		c.hook()
	}
}

func (c *conditional) wrote(p string) { *c.next++; c.etags[p] = *c.next }

func (c *conditional) PutContent(ctx context.Context, p string, content []byte) error {
	c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrote(p)
	return c.StorageDriver.PutContent(ctx, p, content)
}

func (c *conditional) Writer(ctx context.Context, p string, appending bool) (storagedriver.FileWriter, error) {
	c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrote(p)
	return c.StorageDriver.Writer(ctx, p, appending)
}

func (c *conditional) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	c.begin()
	return c.StorageDriver.Reader(ctx, p, offset)
}

func (c *conditional) Stat(ctx context.Context, p string) (storagedriver.FileInfo, error) {
	c.begin()
	return c.StorageDriver.Stat(ctx, p)
}

func (c *conditional) Delete(ctx context.Context, p string) error {
	c.begin()
	return c.StorageDriver.Delete(ctx, p)
}

func (c *conditional) Move(context.Context, string, string) error {
	panic("moved without a condition")
}

func (c *conditional) ETag(ctx context.Context, p string) (string, error) {
	c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.etag(ctx, p)
}

func (c *conditional) etag(ctx context.Context, p string) (string, error) {
	if _, err := c.StorageDriver.Stat(ctx, p); err != nil {
		return "", err
	}
	return "e" + strconv.Itoa(c.etags[p]), nil
}

// holdsETag tells whether a file is as the condition says.
func (c *conditional) holdsETag(ctx context.Context, p, etag string) bool {
	now, err := c.etag(ctx, p)
	return now == etag && (err == nil || etag == "")
}

// refused is the error of a condition that isn't met.
type refused struct{}

func (refused) Error() string         { return "condition not met" }
func (refused) ConditionNotMet() bool { return true }

func (c *conditional) MoveIfMatch(ctx context.Context, from, to, etag string) error {
	c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.StorageDriver.Stat(ctx, from); err != nil {
		return err
	}
	if !c.holdsETag(ctx, to, etag) {
		return refused{}
	}
	c.wrote(to)
	return c.StorageDriver.Move(ctx, from, to)
}

func (c *conditional) DeleteIfMatch(ctx context.Context, p, etag string) error {
	c.begin()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.holdsETag(ctx, p, etag) {
		return refused{}
	}
	return c.StorageDriver.Delete(ctx, path.Dir(p))
}
