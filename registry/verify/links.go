package verify

import (
	"context"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// checkLinks checks every link file whose path tells its content.
//
// A quick run doesn't read a link whose size is that of the digest in its path:
// the old bug stores a link twice over or not at all, and either shows in the
// size. Links under another algorithm than sha256 are always read: see alias.
func (c *checker) checkLinks(ctx context.Context) error {
	s := c.s
	count := len(s.layers) + len(s.revisions) + len(s.tagIndex)
	c.o.Meter.Start("checking links", int64(count), -1)
	for _, step := range []struct {
		n  int
		at func(int) (layout.Entry, link)
	}{
		{len(s.layers), func(i int) (layout.Entry, link) {
			return layout.Entry{Kind: layout.LayerLink}, s.layers[i]
		}},
		{len(s.revisions), func(i int) (layout.Entry, link) {
			return layout.Entry{Kind: layout.RevisionLink}, s.revisions[i]
		}},
		{len(s.tagIndex), func(i int) (layout.Entry, link) {
			l := s.tagIndex[i]
			t := s.tags[l.tag]
			return layout.Entry{Kind: layout.TagIndex, Name: t.name}, link{repoBlob{t.repo, l.blob}, l.size}
		}},
	} {
		if err := c.inParallel(ctx, step.n, func(ctx context.Context, i int) error {
			defer c.o.Meter.Add(1, 0)
			e, l := step.at(i)
			e.Repository, e.Digest = s.repos[l.repo], c.digest(l.blob)
			return c.checkLink(ctx, e, l)
		}); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) checkLink(ctx context.Context, e layout.Entry, l link) error {
	implied := l.size == int64(len(e.Digest)) && e.Digest.Algorithm() == digest.Canonical
	if implied && !c.o.Full {
		return nil
	}
	content, ok, err := c.content(ctx, e.Path())
	if err != nil {
		return c.couldNotLook(ctx, e.Path(), e.Digest, fmt.Errorf("reading link %s: %w", e.Path(), err))
	}
	if !ok {
		return nil // deleted since the listing
	}
	switch {
	case e.Digest.Algorithm() != digest.Canonical && !c.isStored(e.Digest):
		c.mu.Lock()
		c.read = append(c.read, alias{e, l.repoBlob, content})
		c.mu.Unlock()
	case string(content) != string(e.Digest):
		c.addLink(e, l.repo, -1, l.blob, content, e.Digest)
	}
	return nil
}

// repeatedDigest returns the digest that the content is a repetition of.
func repeatedDigest(content []byte) digest.Digest {
	for _, a := range []digest.Algorithm{digest.SHA256, digest.SHA384, digest.SHA512} {
		n := len(a.String()) + 1 + a.Size()*2
		if len(content) < 2*n || len(content)%n != 0 {
			continue
		}
		d := digest.Digest(content[:n])
		if d.Validate() == nil && strings.Repeat(string(d), len(content)/n) == string(content) {
			return d
		}
	}
	return ""
}

func (c *checker) isStored(d digest.Digest) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	id, ok := c.s.ids[d]
	return ok && c.s.blobs[id].size >= 0
}

func (c *checker) addLink(e layout.Entry, repo repoID, tag int32, id blobID, content []byte, target digest.Digest) {
	path := e.Path()
	mend := Mend{No, "nothing tells what it should hold: " + c.howAgain(id)}
	expected := int64(-1)
	if target != "" {
		mend = Mend{Yes, "write " + target.String()}
		expected = int64(len(target))
	}
	c.add(suspect{
		Finding: Finding{
			Kind: LinkWrong, Path: path, Digest: e.Digest, Stored: int64(len(content)), Expected: expected,
			Detail: describeLink(content), Mend: mend, Content: target,
			Seen: Seen{Digest: digest.FromBytes(content)},
		},
		blob: id,
		repo: repo,
		tag:  tag,
		again: func(ctx context.Context) (bool, error) {
			now, ok, err := c.content(ctx, path)
			return ok && string(now) == string(content), err
		},
	})
}

func describeLink(content []byte) string {
	d := digest.Digest(content)
	switch {
	case len(content) == 0:
		return "empty"
	case repeatedDigest(content) != "":
		return "a digest more than once over"
	case d.Validate() == nil:
		return "holds another digest"
	default:
		return "holds no digest"
	}
}
