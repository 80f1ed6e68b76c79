package verify

import (
	"context"
	"fmt"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/unrepeat"
)

// maxManifest is the size up to which a manifest is read, in bytes. The
// registry takes manifests of at most 4 MiB; one stored three times over still
// fits.
const maxManifest = 16 << 20

// readManifests reads every manifest of the repositories once: its bytes prove
// themselves, and its descriptors say how large everything else should be.
func (c *checker) readManifests(ctx context.Context) error {
	var ids []blobID
	for i, b := range c.s.blobs {
		if b.revision && b.size > 0 {
			ids = append(ids, blobID(i))
		}
	}
	c.summary.Manifests = len(ids)
	c.o.Meter.Start("reading manifests", int64(len(ids)), -1)
	return c.inParallel(ctx, len(ids), func(ctx context.Context, i int) error {
		defer c.o.Meter.Add(1, 0)
		c.mu.Lock()
		b := c.s.blobs[ids[i]]
		c.mu.Unlock()
		return c.readManifest(ctx, ids[i], b)
	})
}

func (c *checker) readManifest(ctx context.Context, id blobID, b blob) error {
	if b.size > maxManifest {
		c.addManifest(id, b, ManifestCorrupt, "too large for a manifest", Mend{No, c.howAgain(id)})
		return nil
	}
	content, ok, err := c.content(ctx, layout.BlobPath(b.digest))
	if err != nil {
		return c.couldNotLook(ctx, layout.BlobPath(b.digest), b.digest, fmt.Errorf("reading manifest %s: %w", b.digest, err))
	}
	if !ok {
		return nil // deleted since the listing
	}
	if !matches(content, b.digest) {
		b.size = int64(len(content))
		mended, ok := unrepeat.Bytes(content, b.digest)
		if !ok {
			c.addManifest(id, b, ManifestCorrupt, "its bytes don't have its digest", Mend{No, c.howAgain(id)})
			return nil
		}
		c.addManifest(id, b, ManifestCorrupt, "stored more than once over",
			Mend{Yes, fmt.Sprintf("cut out %d repeated bytes", len(content)-len(mended))})
		content = mended
	}
	if err := c.keepManifest(id, content); err != nil {
		c.addManifest(id, b, ManifestInvalid, "has its digest and doesn't parse: "+err.Error(),
			Mend{No, "these bytes were pushed: push a valid manifest"})
	}
	return nil
}

func matches(content []byte, d digest.Digest) bool {
	return d.Algorithm().FromBytes(content) == d
}

// keepManifest notes what the manifest names.
func (c *checker) keepManifest(id blobID, content []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, err := parseManifest(content, c.o.OptionalChild, func(d digest.Digest) blobID {
		ref := c.s.id(d)
		c.s.blobs[ref].linked = true
		return ref
	})
	if err == nil {
		c.s.images[id] = m
	}
	return err
}

func (c *checker) addManifest(id blobID, b blob, kind Kind, detail string, mend Mend) {
	path := layout.BlobPath(b.digest)
	c.add(suspect{
		Finding: Finding{Kind: kind, Path: path, Digest: b.digest, Stored: b.size, Expected: -1, Detail: detail, Mend: mend},
		blob:    id,
		tag:     -1,
		again: func(ctx context.Context) (bool, error) {
			content, ok, err := c.content(ctx, path)
			if err != nil || !ok {
				return false, err
			}
			return kind == ManifestInvalid || !matches(content, b.digest), nil
		},
	})
}
