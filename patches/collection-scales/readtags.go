package storage

import (
	"context"
	"fmt"
	"sync"

	"github.com/distribution/distribution/v3/registry/storage/driver"
	"golang.org/x/sync/errgroup"
)

// readTags finds out which manifests are tagged.
func readTags(ctx context.Context, d driver.StorageDriver, repositories []*repositoryLinks, concurrency int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(concurrency)

	var mu sync.Mutex
	for _, r := range repositories {
		for _, tag := range r.tags {
			g.Go(func() error {
				dgst, err := readLink(ctx, d, manifestTagCurrentPathSpec{name: r.name, tag: tag})
				if err != nil {
					return fmt.Errorf("failed to retrieve tag %s of %s: %w", tag, r.name, err)
				}
				mu.Lock()
				defer mu.Unlock()
				r.tagged[dgst] = struct{}{}
				return nil
			})
		}
	}
	return g.Wait()
}
