package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// claim is a size that a manifest gives for a blob and that isn't the stored one.
type claim struct {
	manifest blobID
	size     int64
}

// dispute is what manifests say of a blob whose stored size one of them
// contradicts. Who is right is told by the bytes alone.
type dispute struct {
	claims []claim
	agreed bool // some other manifest gives the stored size
}

// sizes returns the sizes that manifests give, sorted.
func (d *dispute) sizes(stored int64) []int64 {
	var list []int64
	for _, c := range d.claims {
		list = append(list, c.size)
	}
	if d.agreed {
		list = append(list, stored)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// checkBlobs compares what the listing said of every blob with what the
// manifests say. It returns the blobs that some manifest contradicts.
func (c *checker) checkBlobs() map[blobID]*dispute {
	c.checkEmpty()
	disputes := c.gatherDisputes()
	for id, d := range disputes {
		if c.s.images[id] != nil { // its bytes have been read and are right
			c.addDescriptors(id, d.claims)
			delete(disputes, id)
		}
	}
	return disputes
}

// settleBySize makes a suspect of each blob that all its manifests agree is
// wrong, and returns the others.
func (c *checker) settleBySize(disputes map[blobID]*dispute) map[blobID]*dispute {
	open := make(map[blobID]*dispute)
	for id, d := range disputes {
		if sizes := d.sizes(c.s.blobs[id].size); len(sizes) == 1 {
			c.addWrongSize(id, sizes[0])
		} else {
			open[id] = d
		}
	}
	return open
}

// gatherDisputes goes through all descriptors. A blob that isn't stored becomes a
// suspect.
func (c *checker) gatherDisputes() map[blobID]*dispute {
	disputes := make(map[blobID]*dispute)
	missing := make(map[blobID]reference)
	for owner, m := range c.s.images {
		for _, ref := range m.refs {
			id, stored := c.s.stored(ref.blob)
			if !stored {
				noteMissing(missing, id, ref)
				continue
			}
			size, known := c.sizeOf(id)
			if known && ref.size >= 0 && ref.size != size {
				if disputes[id] == nil {
					disputes[id] = &dispute{}
				}
				disputes[id].claims = append(disputes[id].claims, claim{owner, ref.size})
			}
		}
	}
	c.addMissing(missing)
	if len(disputes) == 0 {
		return disputes
	}
	for _, m := range c.s.images {
		for _, ref := range m.refs {
			id, _ := c.s.stored(ref.blob)
			if d := disputes[id]; d != nil && ref.size == c.s.blobs[id].size {
				d.agreed = true
			}
		}
	}
	return disputes
}

// claimed tells whether a manifest gives the blob's stored size.
func (c *checker) claimed(id blobID) bool {
	for _, owner := range c.graph.parents.of(id) {
		for _, ref := range c.s.images[blobID(owner)].refs {
			if to, _ := c.s.stored(ref.blob); to == id && ref.size == c.s.blobs[id].size {
				return true
			}
		}
	}
	return false
}

// sizeOf returns what descriptors are to be held against: the size of the right
// bytes of a manifest that was read, the stored size of any other blob. A blob
// that is reported for something else already has none.
func (c *checker) sizeOf(id blobID) (size int64, known bool) {
	b := c.s.blobs[id]
	if m := c.s.images[id]; m != nil {
		return m.size, true
	}
	return b.size, b.size > 0 && !b.revision
}

func (c *checker) checkEmpty() {
	for i, b := range c.s.blobs {
		if b.size != 0 || b.digest == b.digest.Algorithm().FromBytes(nil) {
			continue
		}
		id := blobID(i)
		c.addSize(id, BlobEmpty, -1, "empty under a digest that isn't that of no bytes", Mend{No, c.howAgain(id)})
	}
}

// addWrongSize makes a suspect of a blob that contradicts its descriptors.
func (c *checker) addWrongSize(id blobID, expected int64) {
	excess := c.s.blobs[id].size - expected
	if excess > 0 {
		c.addSize(id, BlobTooLong, expected, fmt.Sprintf("%d bytes more than its descriptor says", excess),
			Mend{Maybe, "cut out the repeated bytes; a dry run of repair tells"})
		return
	}
	c.addSize(id, BlobTooShort, expected, fmt.Sprintf("%d bytes less than its descriptor says", -excess), Mend{No, c.howAgain(id)})
}

func (c *checker) addSize(id blobID, kind Kind, expected int64, detail string, mend Mend) {
	b := c.s.blobs[id]
	path := layout.BlobPath(b.digest)
	c.add(suspect{
		Finding: Finding{Kind: kind, Path: path, Digest: b.digest, Stored: b.size, Expected: expected, Detail: detail, Mend: mend},
		blob:    id,
		tag:     -1,
		again: func(ctx context.Context) (bool, error) {
			now, err := c.size(ctx, path)
			return now == b.size, err
		},
	})
}

// addDescriptors makes a suspect of every manifest that claims a wrong size for
// the blob.
func (c *checker) addDescriptors(id blobID, claims []claim) {
	size, _ := c.sizeOf(id)
	for _, cl := range claims {
		owner := c.s.blobs[cl.manifest]
		path := layout.BlobPath(owner.digest)
		c.add(suspect{
			Finding: Finding{
				Kind: DescriptorWrong, Path: path, Digest: owner.digest, Stored: owner.size, Expected: -1,
				Detail: fmt.Sprintf("gives %d bytes for %s, which has %d", cl.size, c.s.blobs[id].digest, size),
				Mend:   Mend{No, "these bytes were pushed: push a manifest with the right size"},
			},
			blob: cl.manifest,
			tag:  -1,
			again: func(ctx context.Context) (bool, error) {
				now, err := c.size(ctx, path)
				return now >= 0, err
			},
		})
	}
}

// noteMissing joins what manifests say of a blob that isn't stored: it is a manifest if
// one of them says so, and of no known size if they disagree.
func noteMissing(missing map[blobID]reference, id blobID, ref reference) {
	if ref.role != layerRole && ref.role != childRole {
		return
	}
	if was, again := missing[id]; again {
		if was.size != ref.size {
			ref.size = -1
		}
		ref.role = max(ref.role, was.role)
	}
	missing[id] = ref
}

// addMissing makes suspects of blobs that manifests name in vain. A manifest that a
// repository links is left to checkRevisions.
func (c *checker) addMissing(missing map[blobID]reference) {
	for id, ref := range missing {
		if _, reported := c.reported[id]; reported || c.o.Proxy || c.s.blobs[id].revision {
			continue
		}
		kind := BlobMissing
		if ref.role == childRole {
			kind = ManifestMissing
		}
		c.addAbsent(id, kind, ref.size)
	}
}

func (c *checker) addAbsent(id blobID, kind Kind, expected int64) {
	d := c.s.blobs[id].digest
	path := layout.BlobPath(d)
	c.add(suspect{
		Finding: Finding{
			Kind: kind, Path: path, Digest: d, Stored: -1, Expected: expected,
			Detail: "named and not stored", Mend: Mend{No, "push the image again"},
		},
		blob: id,
		tag:  -1,
		again: func(ctx context.Context) (bool, error) {
			now, err := c.size(ctx, path)
			if err != nil || now >= 0 {
				return false, err
			}
			return c.stillNamed(ctx, id)
		},
	})
}

// stillNamed tells whether a repository still has a manifest that is, or that
// names, the blob: it may have been deleted while the run went on.
func (c *checker) stillNamed(ctx context.Context, id blobID) (bool, error) {
	owners := append([]int32{int32(id)}, c.graph.parents.of(id)...)
	for _, owner := range owners {
		for _, repo := range c.graph.revisions.of(blobID(owner)) {
			now, err := c.size(ctx, c.revisionPath(repoID(repo), c.digest(blobID(owner))))
			if err != nil || now >= 0 {
				return now >= 0, err
			}
		}
	}
	return false, nil
}

func (c *checker) revisionPath(repo repoID, d digest.Digest) string {
	return layout.Entry{Kind: layout.RevisionLink, Repository: c.s.repos[repo], Digest: d}.Path()
}
