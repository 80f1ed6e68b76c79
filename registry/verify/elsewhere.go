package verify

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// paths is a set of paths, kept as their hashes: there may be millions.
type paths struct {
	seed maphash.Seed
	set  map[uint64]struct{}
}

func (p *paths) remove(path string) { delete(p.set, maphash.String(p.seed, path)) }

// listElsewhere lists the registry under the other root prefix, if there is one.
// What uploads left there is of no use to anybody.
func listElsewhere(ctx context.Context, driver storagedriver.StorageDriver) (*paths, error) {
	p := &paths{seed: maphash.MakeSeed(), set: make(map[uint64]struct{})}
	if driver == nil {
		return p, nil
	}
	err := driver.Walk(ctx, layout.Root, func(info storagedriver.FileInfo) error {
		kind := layout.Parse(info.Path()).Kind
		if !info.IsDir() && kind != layout.Unknown && kind != layout.Upload {
			p.set[maphash.String(p.seed, info.Path())] = struct{}{}
		}
		return ctx.Err()
	})
	if err != nil && !isNotFound(err) {
		return nil, fmt.Errorf("listing %s under the other root prefix: %w", layout.Root, err)
	}
	return p, nil
}

// reportElsewhere reports that there are files under the other root prefix which
// aren't under this one, so that nobody can pull what is made of them.
func (c *checker) reportElsewhere() error {
	if len(c.s.elsewhere.set) == 0 || len(c.o.Repositories) > 0 || len(c.o.Digests) > 0 {
		return nil
	}
	f := Finding{
		Kind: RootPrefix, Path: layout.Root, Stored: -1, Expected: -1,
		Detail: fmt.Sprintf("%d files of a registry are only under the other root prefix: look at it with %s", len(c.s.elsewhere.set), c.o.Elsewhere.Setting),
		Mend:   Mend{No, "registry adopt brings them here"},
		Seen:   Seen{At: time.Now().UTC()},
		Reach:  Reach{Repositories: []string{}, Tags: []string{}, Manifests: []digest.Digest{}, Indexes: []digest.Digest{}},
	}
	c.summary.count(f)
	if err := c.emit(f); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
