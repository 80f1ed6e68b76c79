package storage

import (
	"context"
	"errors"
	"fmt"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
)

// MarkAndSweep performs a mark and sweep of registry data. Nothing is deleted
// if anything that may refer to a blob can't be read. What can't be deleted
// doesn't keep the rest from being deleted; the error names all of it.
//
// Nothing must be pushed or tagged meanwhile: a push may count on a blob that
// has been found to be garbage.
func MarkAndSweep(ctx context.Context, storageDriver driver.StorageDriver, registry distribution.Namespace, opts GCOpts) error {
	repositories, err := findLinks(ctx, storageDriver, opts.RemoveUntagged)
	if err != nil {
		return fmt.Errorf("failed to list repositories: %w", err)
	}
	marked, manifestArr, err := mark(ctx, storageDriver, repositories, opts)
	if err != nil {
		return fmt.Errorf("failed to mark: %w", err)
	}
	manifestArr = unmarkReferencedManifest(manifestArr, marked, opts.Quiet)

	var blobs []digest.Digest
	err = registry.Blobs().Enumerate(ctx, func(dgst digest.Digest) error {
		if _, ok := marked[dgst]; !ok {
			blobs = append(blobs, dgst)
		}
		return nil
	})
	if root, _ := pathFor(blobsPathSpec{}); err != nil && !isNotFound(err, root) {
		return fmt.Errorf("error enumerating blobs: %w", err)
	}
	if !opts.Quiet {
		emit("\n%d blobs marked, %d blobs and %d manifests eligible for deletion", len(marked), len(blobs), len(manifestArr))
	}

	return sweep(NewVacuum(ctx, storageDriver), repositories, marked, manifestArr, blobs, opts)
}

// sweep deletes manifests, blobs and the links of layers that aren't marked.
// What can't be deleted doesn't keep the rest.
func sweep(vacuum Vacuum, repositories []*repositoryLinks, marked map[digest.Digest]struct{}, manifestArr []ManifestDel, blobs []digest.Digest, opts GCOpts) error {
	var failed []error
	remove := func(remove func() error, format string, a ...any) {
		if opts.DryRun {
			return
		}
		if err := remove(); err != nil {
			failed = append(failed, fmt.Errorf("failed to delete "+format+": %w", append(a, err)...))
		}
	}
	for _, m := range manifestArr {
		remove(func() error { return vacuum.RemoveManifest(m.Name, m.Digest, m.Tags) }, "manifest %s of repo %s", m.Digest, m.Name)
	}
	for _, dgst := range blobs {
		if !opts.Quiet {
			emit("blob eligible for deletion: %s", dgst)
		}
		remove(func() error { return vacuum.RemoveBlob(dgst.String()) }, "blob %s", dgst)
	}
	for _, r := range repositories {
		for _, dgst := range r.layers {
			if _, ok := marked[dgst]; ok {
				continue
			}
			if !opts.Quiet {
				emit("%s: layer link eligible for deletion: %s", r.name, dgst)
			}
			remove(func() error { return vacuum.RemoveLayer(r.name, dgst) }, "layer link %s of repo %s", dgst, r.name)
		}
	}
	return errors.Join(failed...)
}

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
