package storage

import (
	"errors"
	"maps"
	"slices"

	"github.com/opencontainers/go-digest"
)

// sweep deletes manifests, blobs, and the links of layers in repositories. What
// can't be deleted doesn't keep the rest.
func sweep(vacuum Vacuum, manifestArr []ManifestDel, blobs []digest.Digest, layers map[string][]digest.Digest, opts GCOpts) error {
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
	for _, repo := range slices.Sorted(maps.Keys(layers)) {
		for _, dgst := range layers[repo] {
			if !opts.Quiet {
				emit("%s: layer link eligible for deletion: %s", repo, dgst)
			}
			linkPath, err := pathFor(layerLinkPathSpec{name: repo, digest: dgst})
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
