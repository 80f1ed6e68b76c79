package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// checkTags checks that every tag names a manifest of its repository.
//
// What a tag names stands only in its current/link, but the registry puts every
// digest that it ever writes there into the tag's index first. So when the size
// of current/link is that of a digest, and every manifest in the index is still
// in the repository, then the tag is sound whichever of them it names, and a
// quick run needn't read it. An index entry whose manifest is gone is no damage
// by itself: deleting a manifest leaves it behind.
func (c *checker) checkTags(ctx context.Context) error {
	c.summary.Tags = len(c.s.tags)
	c.o.Meter.Start("checking tags", int64(len(c.s.tags)), -1)
	return c.inParallel(ctx, len(c.s.tags), func(ctx context.Context, i int) error {
		defer c.o.Meter.Add(1, 0)
		number := int32(i) //nolint:gosec // tags are numbered by int32
		t := &c.s.tags[number]
		if c.sound(t) && !c.o.Full {
			return nil
		}
		if t.current < 0 && c.o.Proxy {
			return nil
		}
		if t.current < 0 {
			c.addTag(number, none, "has no current link")
			return nil
		}
		return c.checkTag(ctx, number)
	})
}

// sound tells whether the tag names a manifest of its repository for certain.
func (c *checker) sound(t *tag) bool {
	sized := false
	for _, id := range t.history {
		if !c.inRepository(t.repo, id) {
			return false
		}
		sized = sized || t.current == int64(len(c.digest(id)))
	}
	return sized
}

func (c *checker) inRepository(repo repoID, id blobID) bool {
	_, ok := c.s.linked[repoBlob{repo, id}]
	return ok
}

func (c *checker) checkTag(ctx context.Context, i int32) error {
	t := &c.s.tags[i]
	e := c.tagEntry(t)
	content, ok, err := c.content(ctx, e.Path())
	if err != nil {
		return c.couldNotLook(ctx, e.Path(), "", fmt.Errorf("reading tag %s: %w", e.Path(), err))
	}
	if !ok {
		return nil // deleted since the listing
	}
	held := digest.Digest(content)
	if !isDigest(held) {
		target, id := c.tagTarget(t, content)
		t.resolved, t.read = id, true
		c.addLink(e, t.repo, i, id, content, target)
		return nil
	}
	c.mu.Lock()
	id := c.s.id(held)
	c.s.blobs[id].linked = true // a run over some repositories is about what their tags name
	c.mu.Unlock()
	t.resolved, t.read = id, true
	switch {
	case c.o.Proxy: // forgets manifests by itself
	case !c.inRepository(t.repo, id):
		c.addTag(i, id, "names a manifest that its repository doesn't have")
	case len(t.history) == 0:
		c.addUnindexed(i, id)
	case !slices.Contains(t.history, id):
		c.addTag(i, id, "names a manifest that was never pushed as this tag")
	}
	return nil
}

// tagTarget tells what a tag whose link holds no digest should name: what the
// link repeats, or else the only manifest that the tag has ever named.
func (c *checker) tagTarget(t *tag, content []byte) (digest.Digest, blobID) {
	repeated := repeatedDigest(content)
	var target digest.Digest
	id, candidates := none, 0
	for _, h := range t.history {
		if !c.inRepository(t.repo, h) {
			continue
		}
		d := c.digest(h)
		if d == repeated {
			return d, h
		}
		target, id = d, h
		candidates++
	}
	if candidates != 1 || len(t.history) != 1 {
		return "", none
	}
	return target, id
}

func (c *checker) tagEntry(t *tag) layout.Entry {
	return layout.Entry{Kind: layout.TagCurrent, Repository: c.s.repos[t.repo], Name: t.name}
}

func (c *checker) tagIndex(t *tag, d digest.Digest) string {
	return layout.Entry{Kind: layout.TagIndex, Repository: c.s.repos[t.repo], Name: t.name, Digest: d}.Path()
}

func (c *checker) addTag(i int32, id blobID, detail string) {
	t := &c.s.tags[i]
	e := c.tagEntry(t)
	f := Finding{
		Kind: TagDangling, Path: e.Path(), Stored: t.current, Expected: -1, Detail: detail,
		Mend: Mend{No, "push the image again, or delete the tag"},
	}
	if id != none {
		f.Digest = c.digest(id)
	}
	c.add(suspect{
		Finding: f, blob: id, repo: t.repo, tag: i,
		again: func(ctx context.Context) (bool, error) { return c.tagDangles(ctx, t) },
	})
}

// addUnindexed makes a suspect of a tag without an index. Which manifest is to be in it
// tells the tag itself.
func (c *checker) addUnindexed(i int32, id blobID) {
	t, d := &c.s.tags[i], c.digest(id)
	p, current := c.tagIndex(t, d), c.tagEntry(t).Path()
	c.add(suspect{
		Finding: Finding{
			Kind: LinkMissing, Path: p, Digest: d, Stored: -1, Expected: int64(len(d)),
			Detail: "the tag names it, and its index doesn't have it",
			Mend:   Mend{Yes, "write " + d.String()}, Content: d, NeededBy: current,
		},
		blob: id, repo: t.repo, tag: i,
		again: func(ctx context.Context) (bool, error) {
			if now, err := c.size(ctx, p); err != nil || now >= 0 {
				return false, err
			}
			content, _, err := c.content(ctx, current)
			return string(content) == string(d), err
		},
	})
}

// tagDangles looks at a tag again.
func (c *checker) tagDangles(ctx context.Context, t *tag) (bool, error) {
	e := c.tagEntry(t)
	content, ok, err := c.content(ctx, e.Path())
	if err != nil {
		return false, err
	}
	if !ok {
		return c.tagRemains(ctx, t)
	}
	held := digest.Digest(content)
	if !isDigest(held) {
		return true, nil
	}
	for _, needed := range []string{c.revisionPath(t.repo, held), c.tagIndex(t, held)} {
		if now, err := c.size(ctx, needed); err != nil || now < 0 {
			return err == nil, err
		}
	}
	return false, nil
}

// tagRemains tells whether a tag without a current link still has an index:
// without one it has been deleted.
func (c *checker) tagRemains(ctx context.Context, t *tag) (bool, error) {
	for _, id := range t.history {
		now, err := c.size(ctx, c.tagIndex(t, c.digest(id)))
		if err != nil || now >= 0 {
			return now >= 0, err
		}
	}
	return false, nil
}

func isDigest(d digest.Digest) bool { return d.Validate() == nil }
