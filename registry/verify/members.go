package verify

import (
	"context"
	"fmt"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// checkMembers looks for what a manifest names and its repository doesn't link,
// although it is stored: a registry serves only what the repository links. It
// finds manifests by layer links as well, which version 2.1.0 wrote (see
// manifestLinkPathFns in upstream's registry.go).
func (c *checker) checkMembers() {
	if c.o.Proxy {
		return // a cache fetches what it can't serve
	}
	layers := make(map[repoBlob]struct{}, len(c.s.layers))
	for _, l := range c.s.layers {
		layers[l.repoBlob] = struct{}{}
	}
	seen := make(map[repoBlob]struct{})
	for _, l := range c.s.revisions {
		m := c.s.images[l.blob]
		if m == nil {
			continue
		}
		for _, ref := range m.refs {
			at := repoBlob{l.repo, ref.blob}
			_, again := seen[at]
			_, stored := c.s.stored(ref.blob)
			_, linked := layers[at]
			if again || linked || !stored {
				continue
			}
			kind := layout.LayerLink
			if ref.role == childRole {
				kind = layout.RevisionLink
				_, linked = c.s.linked[at]
			}
			if linked || ref.role != childRole && ref.role != layerRole {
				continue
			}
			seen[at] = struct{}{}
			c.addUnlinked(kind, at, l)
		}
	}
}

func (c *checker) addUnlinked(kind layout.Kind, at repoBlob, owner link) {
	stored, _ := c.s.stored(at.blob)
	d, content := c.digest(at.blob), c.digest(stored)
	p := layout.Entry{Kind: kind, Repository: c.s.repos[at.repo], Digest: d}.Path()
	ownerPath := c.revisionPath(owner.repo, c.digest(owner.blob))
	c.add(suspect{
		Finding: Finding{
			Kind: LinkMissing, Path: p, Digest: d, Stored: -1, Expected: int64(len(content)),
			Detail:  fmt.Sprintf("%s names it, it is stored, and its repository doesn't link it", c.digest(owner.blob)),
			Mend:    Mend{Yes, "write " + content.String()},
			Content: content, NeededBy: ownerPath,
		},
		blob: at.blob, repo: at.repo, tag: -1,
		again: func(ctx context.Context) (bool, error) {
			if now, err := c.size(ctx, p); err != nil || now >= 0 {
				return false, err
			}
			if now, err := c.size(ctx, ownerPath); err != nil || now < 0 {
				return false, err
			}
			now, err := c.size(ctx, layout.BlobPath(content))
			return now >= 0, err
		},
	})
}
