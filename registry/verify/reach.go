package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// graph answers who needs a blob.
type graph struct {
	parents   inverted // the manifests and indexes that name it
	layers    inverted // the repositories that have it as a layer
	revisions inverted // and as a manifest
	tags      inverted // the tags that name it or have named it
}

// inverted has a list of numbers for each blob, all of them in one array, since
// there may be millions.
type inverted struct{ start, items []int32 }

// invert calls each twice: to count, and to fill in.
func invert(blobs int, each func(add func(id blobID, item int32))) inverted {
	v := inverted{start: make([]int32, blobs+1)}
	each(func(id blobID, _ int32) { v.start[id+1]++ })
	for i := range blobs {
		v.start[i+1] += v.start[i]
	}
	v.items = make([]int32, v.start[blobs])
	next := slices.Clone(v.start)
	each(func(id blobID, item int32) {
		v.items[next[id]] = item
		next[id]++
	})
	return v
}

func (v inverted) of(id blobID) []int32 {
	if int(id)+1 >= len(v.start) {
		return nil // it has been heard of since
	}
	return v.items[v.start[id]:v.start[id+1]]
}

func (s *snapshot) newGraph() *graph {
	n := len(s.blobs)
	links := func(list []link) inverted {
		return invert(n, func(add func(blobID, int32)) {
			for _, l := range list {
				add(l.blob, int32(l.repo))
				if id, _ := s.stored(l.blob); id != l.blob {
					add(id, int32(l.repo))
				}
			}
		})
	}
	return &graph{
		layers:    links(s.layers),
		revisions: links(s.revisions),
		parents: invert(n, func(add func(blobID, int32)) {
			for owner, m := range s.images {
				for _, ref := range m.refs {
					if ref.role != subjectRole {
						id, _ := s.stored(ref.blob)
						add(id, int32(owner))
					}
				}
			}
		}),
		tags: invert(n, func(add func(blobID, int32)) {
			for i, t := range s.tags {
				for _, id := range t.history {
					add(id, int32(i)) //nolint:gosec // tags are numbered by int32
				}
			}
		}),
	}
}

// fill tells whom a suspect reaches.
func (c *checker) fill(ctx context.Context, s *suspect) error {
	s.Reach = Reach{Repositories: []string{}, Tags: []string{}, Manifests: []digest.Digest{}, Indexes: []digest.Digest{}}
	inOne := s.Kind == LinkWrong || s.Kind == LinkDangling || s.Kind == LinkMissing || s.Kind == TagDangling || s.Kind == UploadAbandoned
	wants := func(repo repoID) bool { return !inOne || repo == s.repo }
	if inOne {
		s.Repositories = append(s.Repositories, c.s.repos[s.repo])
	}
	if s.tag >= 0 {
		for _, i := range append(s.alike, s.tag) {
			t := c.s.tags[i]
			s.Tags = append(s.Tags, c.s.repos[t.repo]+":"+t.name)
		}
		s.Tags = sorted(s.Tags)
		return nil
	}
	if s.blob == none {
		return nil
	}
	reached := c.graph.upwards(s.blob)
	if inOne {
		reached = c.needing(s.blob)
	}
	for _, id := range reached {
		switch m := c.s.images[id]; {
		case inOne && id != s.blob && !c.inRepository(s.repo, id):
		case m != nil && m.index:
			s.Indexes = append(s.Indexes, c.digest(id))
		case m != nil || c.s.blobs[id].revision:
			s.Manifests = append(s.Manifests, c.digest(id))
		}
		for _, list := range [][]int32{c.graph.layers.of(id), c.graph.revisions.of(id)} {
			for _, repo := range list {
				if !inOne {
					s.Repositories = append(s.Repositories, c.s.repos[repo])
				}
			}
		}
		if err := c.fillTags(ctx, c.graph.tags.of(id), id, wants, s); err != nil {
			return err
		}
	}
	s.Repositories, s.Tags = sorted(s.Repositories), sorted(s.Tags)
	s.Manifests, s.Indexes = sorted(s.Manifests), sorted(s.Indexes)
	return nil
}

func sorted[T ~string](list []T) []T {
	slices.Sort(list)
	return slices.Compact(list)
}

// needing returns the blob and all that a link to it serves, directly or not: what names
// it by this digest, and not by another one under which it is stored.
func (c *checker) needing(id blobID) []blobID {
	list := []blobID{id}
	target, _ := c.s.stored(id)
	for _, p := range c.graph.parents.of(target) {
		if c.s.images[blobID(p)].names(id) {
			list = append(list, c.graph.upwards(blobID(p))...)
		}
	}
	return list
}

// upwards returns the blob and all that name it, directly or not.
func (g *graph) upwards(id blobID) []blobID {
	list := []blobID{id}
	seen := map[blobID]struct{}{id: {}}
	for i := 0; i < len(list); i++ {
		for _, p := range g.parents.of(list[i]) {
			if _, ok := seen[blobID(p)]; !ok {
				seen[blobID(p)] = struct{}{}
				list = append(list, blobID(p))
			}
		}
	}
	return list
}

// fillTags adds those of the tags that name the manifest now.
func (c *checker) fillTags(ctx context.Context, tags []int32, id blobID, wants func(repoID) bool, s *suspect) error {
	for _, i := range tags {
		t := &c.s.tags[i]
		if !wants(t.repo) {
			continue
		}
		if err := c.resolve(ctx, t); err != nil {
			return err
		}
		if t.resolved == id {
			s.Tags = append(s.Tags, c.s.repos[t.repo]+":"+t.name)
		}
	}
	return nil
}

// resolve finds what a tag names: the only manifest that it has ever named, or
// what its link holds.
func (c *checker) resolve(ctx context.Context, t *tag) error {
	if t.read {
		return nil
	}
	t.read = true
	if len(t.history) == 1 && t.current == int64(len(c.digest(t.history[0]))) {
		t.resolved = t.history[0]
		return nil
	}
	e := layout.Entry{Kind: layout.TagCurrent, Repository: c.s.repos[t.repo], Name: t.name}
	content, ok, err := c.content(ctx, e.Path())
	if err != nil {
		return c.couldNotLook(ctx, e.Path(), "", fmt.Errorf("reading tag %s: %w", e.Path(), err))
	}
	if id, known := c.s.ids[digest.Digest(content)]; ok && known {
		t.resolved = id
	}
	return nil
}
