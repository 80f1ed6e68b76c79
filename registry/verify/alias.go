package verify

import (
	"context"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// alias is a link under another algorithm than sha256, as it was read. The registry
// stores such a blob under its sha256 digest and writes that into both links
// (linkBlob in upstream's linkedblobstore.go). So the path doesn't tell what the link
// should hold: only the bytes of the blob do.
type alias struct {
	layout.Entry
	repoBlob
	content []byte
}

// checkAliases tells which of these links are right, and what the others, and those
// that aren't there, should hold. Bytes are read for that if what is stored contradicts
// the manifests; by a full run in any case, unless that is bounded.
func (c *checker) checkAliases(ctx context.Context) error {
	named := c.namedOtherwise()
	wrong := make([]bool, len(c.read))
	if err := c.inParallel(ctx, len(c.read), func(ctx context.Context, i int) error {
		a := c.read[i]
		right, err := c.isRight(ctx, a, named)
		if err != nil {
			return c.couldNotLook(ctx, a.Path(), a.Digest, fmt.Errorf("looking where link %s leads: %w", a.Path(), err))
		}
		wrong[i] = !right
		if right {
			c.noteAlias(a.blob, digest.Digest(a.content))
		}
		return nil
	}); err != nil {
		return err
	}
	for i, a := range c.read {
		size, needed := named[a.repoBlob]
		delete(named, a.repoBlob)
		if !wrong[i] {
			continue
		}
		target := repeatedDigest(a.content)
		if needed && target == "" {
			var err error
			if target, err = c.findTarget(ctx, a.repoBlob, size); err != nil {
				return err
			}
		}
		c.noteAlias(a.blob, target)
		c.reported[a.blob] = struct{}{}
		c.addLink(a.Entry, a.repo, -1, a.blob, a.content, target)
	}
	for at, size := range named { // what isn't linked at all
		target, err := c.findTarget(ctx, at, size)
		if err != nil {
			return err
		}
		c.noteAlias(at.blob, target)
	}
	return nil
}

// namedOtherwise has what manifests name under another algorithm and what isn't stored
// so, with the size that they give.
func (c *checker) namedOtherwise() map[repoBlob]int64 {
	named := make(map[repoBlob]int64)
	if !c.s.otherwise {
		return named
	}
	for _, l := range c.s.revisions {
		m := c.s.images[l.blob]
		if m == nil {
			continue
		}
		for _, ref := range m.refs {
			b := c.s.blobs[ref.blob]
			if ref.role == layerRole && b.size < 0 && b.digest.Algorithm() != digest.Canonical {
				named[repoBlob{l.repo, ref.blob}] = ref.size
			}
		}
	}
	return named
}

// isRight tells whether a link leads where it should. One to what isn't stored does if
// the repository links that as well, as a push leaves it: then the blob is missing. So
// does one that nothing needs.
func (c *checker) isRight(ctx context.Context, a alias, named map[repoBlob]int64) (bool, error) {
	held := digest.Digest(a.content)
	if held == a.Digest || !isDigest(held) {
		return held == a.Digest, nil
	}
	size, needed := named[a.repoBlob]
	c.mu.Lock()
	target := c.s.id(held)
	stored, wanted := c.s.blobs[target].size, c.wants(a.blob)
	c.mu.Unlock()
	if stored < 0 {
		return !needed || c.hasLayer(repoBlob{a.repo, target}), nil
	}
	contradicted := needed && size >= 0 && size != stored
	if !wanted || !contradicted && !c.provesAliases() {
		return true, nil
	}
	own, other, err := c.hashBoth(ctx, held, a.Digest.Algorithm())
	return other == a.Digest || own != held, err // else the blob is damaged, and not the link
}

// provesAliases tells whether all blobs behind such links are read. That is in addition
// to their being hashed, which a run with bounds has no share for.
func (c *checker) provesAliases() bool { return c.o.Full && c.o.Rate == 0 && c.o.MaxBytes == 0 }

func (c *checker) hasLayer(at repoBlob) bool {
	return slices.ContainsFunc(c.s.layers, func(l link) bool { return l.repoBlob == at })
}

// findTarget looks among what the repository links, and what the same digest leads to in
// others, for the bytes that a manifest names; empty if they aren't there.
func (c *checker) findTarget(ctx context.Context, at repoBlob, size int64) (digest.Digest, error) {
	if id, known := c.s.aliases[at.blob]; known {
		return c.digest(id), nil
	}
	want := c.digest(at.blob)
	for _, l := range c.s.layers {
		b := c.s.blobs[l.blob]
		if l.repo != at.repo || b.size < 0 || b.size != size || b.digest.Algorithm() != digest.Canonical {
			continue
		}
		_, other, err := c.hashBoth(ctx, b.digest, want.Algorithm())
		if err != nil {
			return "", c.couldNotLook(ctx, layout.BlobPath(b.digest), b.digest, err)
		}
		if other == want {
			return b.digest, nil
		}
	}
	return "", nil
}

// hashBoth reads a blob, and hashes it by its own algorithm and another one.
func (c *checker) hashBoth(ctx context.Context, d digest.Digest, a digest.Algorithm) (own, other digest.Digest, err error) {
	r, err := c.driver.Reader(ctx, layout.BlobPath(d), 0)
	if isNotFound(err) {
		return "", "", nil
	}
	if err != nil {
		return "", "", fmt.Errorf("opening blob %s: %w", d, err)
	}
	defer func() { _ = r.Close() }() // nothing was written
	sums := []hash.Hash{d.Algorithm().Hash(), a.Hash()}
	n, err := io.Copy(io.MultiWriter(sums[0], sums[1], ending{ctx}), r)
	if err != nil {
		return "", "", fmt.Errorf("reading blob %s at offset %d: %w", d, n, err)
	}
	return digest.NewDigest(d.Algorithm(), sums[0]), digest.NewDigest(a, sums[1]), nil
}

// ending fails a copy when its context ends: not every driver's reader does.
type ending struct{ ctx context.Context }

func (e ending) Write(p []byte) (int, error) { return len(p), e.ctx.Err() }

// noteAlias remembers that what is asked for as id is stored under another digest, if
// that is known.
func (c *checker) noteAlias(id blobID, target digest.Digest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if target == "" || target == c.s.blobs[id].digest {
		return
	}
	c.s.aliases[id] = c.s.id(target)
	if slices.Contains(c.o.Digests, c.s.blobs[id].digest) {
		c.o.Digests = slices.Concat(c.o.Digests, []digest.Digest{target})
	}
}
