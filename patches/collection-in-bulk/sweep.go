package storage

import (
	"errors"

	"github.com/opencontainers/go-digest"
)

// sweep deletes manifests, blobs and the links of layers that aren't marked.
// What can't be deleted doesn't keep the rest.
func sweep(vacuum Vacuum, repositories []*repositoryLinks, marked map[digest.Digest]struct{}, manifestArr []ManifestDel, blobs []digest.Digest, opts GCOpts) error {
	var blobPaths, layerPaths []string
	for _, dgst := range blobs {
		if !opts.Quiet {
			emit("blob eligible for deletion: %s", dgst)
		}
		blobPath, err := pathFor(blobDataPathSpec{digest: dgst})
		if err != nil {
			return err
		}
		blobPaths = append(blobPaths, blobPath)
	}
	for _, r := range repositories {
		for _, dgst := range r.layers {
			if _, ok := marked[dgst]; ok {
				continue
			}
			if !opts.Quiet {
				emit("%s: layer link eligible for deletion: %s", r.name, dgst)
			}
			linkPath, err := pathFor(layerLinkPathSpec{name: r.name, digest: dgst})
			if err != nil {
				return err
			}
			layerPaths = append(layerPaths, linkPath)
		}
	}
	if opts.DryRun {
		return nil
	}
	vacuum.concurrency = opts.Concurrency
	return errors.Join(
		vacuum.removeManifests(manifestArr),
		errors.Join(vacuum.removeAll(blobPaths)...),
		errors.Join(vacuum.removeAll(layerPaths)...),
	)
}
