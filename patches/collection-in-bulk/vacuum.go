package storage

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"golang.org/x/sync/errgroup"
)

// removeManifests removes manifests from their repositories. The entries of
// tags go first, and a manifest stays where one of those does: later runs look
// for entries of the manifests that they find.
func (v Vacuum) removeManifests(manifests []ManifestDel) error {
	var entries, revisions []string
	for _, m := range manifests {
		for _, tag := range m.Tags {
			entry, err := pathFor(manifestTagIndexEntryLinkPathSpec{name: m.Name, revision: m.Digest, tag: tag})
			if err != nil {
				return err
			}
			entries = append(entries, entry)
		}
	}
	errs := v.removeAll(entries)

	left := errs
	for _, m := range manifests {
		own := left[:len(m.Tags)]
		left = left[len(m.Tags):]
		if errors.Join(own...) != nil {
			continue
		}
		revision, err := pathFor(manifestRevisionLinkPathSpec{name: m.Name, revision: m.Digest})
		if err != nil {
			return err
		}
		revisions = append(revisions, revision)
	}
	return errors.Join(append(errs, v.removeAll(revisions)...)...)
}

// atOnce is how many files a driver is asked to delete by one call.
const atOnce = 2048

// removeAll removes files and the directories that they are alone in. Each is
// tried. There is an error for each, in their order: nil if it is gone.
func (v Vacuum) removeAll(paths []string) []error {
	errs := make([]error, 0, len(paths))
	for some := range slices.Chunk(paths, atOnce) {
		for _, p := range some {
			dcontext.GetLogger(v.ctx).Infof("Deleting: %s", p)
		}
		for i, err := range v.removeSome(some) {
			if errors.As(err, new(driver.PathNotFoundError)) {
				err = nil
			}
			if err != nil {
				err = fmt.Errorf("failed to delete %s: %w", some[i], err)
			}
			errs = append(errs, err)
		}
	}
	return errs
}

func (v Vacuum) removeSome(paths []string) []error {
	if deleter, ok := v.driver.(driver.FilesDeleter); ok {
		return deleter.DeleteFiles(v.ctx, paths)
	}

	errs := make([]error, len(paths))
	var g errgroup.Group
	g.SetLimit(max(1, v.concurrency))
	for i, p := range paths {
		g.Go(func() error {
			errs[i] = v.driver.Delete(v.ctx, path.Dir(p))
			return nil
		})
	}
	_ = g.Wait() // all errors are in errs
	return errs
}
