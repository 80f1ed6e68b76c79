package verify

import (
	"context"
	"fmt"
	"path"
	"slices"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// checkRevisions looks for manifests that a repository links in vain. One that no
// index and no tag of a repository which links it has ever named is what deleting
// and collecting leaves in a repository that garbage collection doesn't visit any
// more.
func (c *checker) checkRevisions() {
	if c.o.Proxy {
		return
	}
	seen := make(map[blobID]struct{})
	for _, l := range c.s.revisions {
		if _, stored := c.s.stored(l.blob); stored {
			continue
		}
		if !c.everTagged(l.blob) && len(c.graph.parents.of(l.blob)) == 0 {
			c.addDangling(layout.RevisionLink, l)
			continue
		}
		if _, again := seen[l.blob]; !again {
			seen[l.blob] = struct{}{}
			c.addAbsent(l.blob, ManifestMissing, -1)
		}
	}
}

// everTagged tells whether a tag names the manifest, or has named it, in a
// repository that still links it. Elsewhere it was deleted.
func (c *checker) everTagged(id blobID) bool {
	return slices.ContainsFunc(c.graph.tags.of(id), func(i int32) bool {
		return c.inRepository(c.s.tags[i].repo, id)
	})
}

// checkLayerLinks looks for layer links to blobs that aren't stored. One that a
// manifest names is reported as missing by checkBlobs, and not here again.
func (c *checker) checkLayerLinks() {
	if c.o.Proxy {
		return
	}
	for _, l := range c.s.layers {
		id, stored := c.s.stored(l.blob)
		_, reported := c.reported[l.blob]
		if stored || reported || len(c.graph.parents.of(id)) > 0 {
			continue
		}
		c.addDangling(layout.LayerLink, l)
	}
}

func (c *checker) addDangling(kind layout.Kind, l link) {
	d := c.digest(l.blob)
	p := layout.Entry{Kind: kind, Repository: c.s.repos[l.repo], Digest: d}.Path()
	c.add(suspect{
		Finding: Finding{
			Kind: LinkDangling, Path: p, Digest: d, Stored: l.size, Expected: -1,
			Detail: "links what isn't stored and what nothing names",
			Mend:   Mend{No, "harmless: what deleted images leave behind; repair --litter removes it"},
		},
		blob: l.blob,
		repo: l.repo,
		tag:  -1,
		again: func(ctx context.Context) (bool, error) {
			linked, err := c.size(ctx, p)
			if err != nil || linked < 0 {
				return false, err
			}
			stored, err := c.size(ctx, layout.BlobPath(d))
			return stored < 0, err
		},
	})
}

// checkUploads looks for uploads that were begun long ago. Like upstream's
// purging it goes by the startedat file; an upload without one, which upstream
// never removes, goes by the time of its newest file.
func (c *checker) checkUploads(ctx context.Context) error {
	limit := time.Now().Add(-c.o.UploadAge)
	for key, u := range c.s.uploads {
		dir := layout.Entry{Kind: layout.Upload, Repository: c.s.repos[key.repo], Name: key.id}.Path()
		old := func(ctx context.Context) (bool, error) {
			if !u.started {
				return u.newest.Before(limit), nil
			}
			content, ok, err := c.content(ctx, path.Join(dir, "startedat"))
			if err != nil || !ok {
				return false, err
			}
			if started, err := time.Parse(time.RFC3339, string(content)); err == nil {
				return started.Before(limit), nil
			}
			return u.newest.Before(limit), nil
		}
		abandoned, err := old(ctx)
		if err != nil {
			if err := c.couldNotLook(ctx, dir, "", fmt.Errorf("reading the start of upload %s: %w", dir, err)); err != nil {
				return err
			}
		}
		if abandoned {
			c.addUpload(key, u, dir, old)
		}
	}
	return nil
}

func (c *checker) addUpload(key uploadKey, u *upload, dir string, again func(context.Context) (bool, error)) {
	c.add(suspect{
		Finding: Finding{
			Kind: UploadAbandoned, Path: dir, Stored: u.size, Expected: -1,
			Detail: "last written " + u.newest.UTC().Format(time.RFC3339),
			Mend:   Mend{No, "not damage; upload purging or repair --litter removes it"},
		},
		blob:   none,
		repo:   key.repo,
		tag:    -1,
		looked: layout.UploadData(dir),
		again:  again,
	})
}
