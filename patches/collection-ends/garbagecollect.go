package storage

import (
	"context"
	"fmt"

	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
)

// mark returns what the repositories need, and the manifests that they don't.
// Some of the latter may be among the former, on behalf of other manifests.
func mark(ctx context.Context, storageDriver driver.StorageDriver, repositories []*repositoryLinks, opts GCOpts) (map[digest.Digest]struct{}, []ManifestDel, error) {
	m := marker{
		driver:    storageDriver,
		quiet:     opts.Quiet,
		manifests: make(map[digest.Digest]struct{}),
		read:      make(map[digest.Digest]struct{}),
		marked:    make(map[digest.Digest]struct{}),
	}
	for _, r := range repositories {
		for _, dgst := range r.manifests {
			m.manifests[dgst] = struct{}{}
		}
	}
	if err := readTags(ctx, storageDriver, repositories); err != nil {
		return nil, nil, err
	}

	manifestArr := make([]ManifestDel, 0)
	for _, r := range repositories {
		if !opts.Quiet {
			emit(r.name)
		}
		for _, dgst := range r.manifests {
			if opts.RemoveUntagged && !r.isTagged(dgst) {
				manifestArr = append(manifestArr, ManifestDel{Name: r.name, Digest: dgst, Tags: r.tagIndex[dgst]})
				continue
			}
			if !opts.Quiet {
				emit("%s: marking manifest %s ", r.name, dgst)
			}
			if err := m.mark(ctx, r.name, dgst); err != nil {
				return nil, nil, err
			}
		}
	}
	if err := m.markTargets(ctx, repositories); err != nil {
		return nil, nil, err
	}
	return m.marked, manifestArr, nil
}
