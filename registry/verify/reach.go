package verify

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// reach answers who needs a blob. It is built for the blobs in question only.
type reach struct {
	parents map[blobID][]blobID // the manifests and indexes that name it
	repos   map[blobID][]repoID // that have it, as a layer or a manifest
	tags    map[blobID][]int32  // that name it or have named it
}

// newReach gathers what leads to the blobs: with one pass over all descriptors
// for each level of nesting, of which there are two or three.
func (c *checker) newReach(blobs []blobID) *reach {
	r := &reach{
		parents: make(map[blobID][]blobID),
		repos:   make(map[blobID][]repoID),
		tags:    make(map[blobID][]int32),
	}
	all := make(map[blobID]struct{})
	for level := blobs; len(level) > 0; {
		fresh := make(map[blobID]struct{})
		for _, id := range level {
			if _, known := all[id]; !known {
				all[id], fresh[id] = struct{}{}, struct{}{}
			}
		}
		level = r.addParents(c.s, fresh)
	}
	for _, links := range [][]link{c.s.layers, c.s.revisions} {
		for _, l := range links {
			id, _ := c.s.stored(l.blob)
			for _, b := range []blobID{l.blob, id} {
				if _, ok := all[b]; ok && !slices.Contains(r.repos[b], l.repo) {
					r.repos[b] = append(r.repos[b], l.repo)
				}
			}
		}
	}
	for i, t := range c.s.tags {
		for _, id := range t.history {
			if _, ok := all[id]; ok {
				r.tags[id] = append(r.tags[id], int32(i))
			}
		}
	}
	return r
}

// addParents notes which manifests name a blob of the level, and returns them.
func (r *reach) addParents(s *snapshot, level map[blobID]struct{}) []blobID {
	var parents []blobID
	for owner, m := range s.images {
		for _, ref := range m.refs {
			id, _ := s.stored(ref.blob)
			_, ok := level[id]
			if ok && ref.role != subjectRole && !slices.Contains(r.parents[id], owner) {
				r.parents[id] = append(r.parents[id], owner)
				parents = append(parents, owner)
			}
		}
	}
	return parents
}

// fill tells whom a suspect reaches.
func (c *checker) fill(ctx context.Context, r *reach, s *suspect) error {
	s.Reach = Reach{Repositories: []string{}, Tags: []string{}, Manifests: []digest.Digest{}, Indexes: []digest.Digest{}}
	inOne := s.Kind == LinkWrong || s.Kind == LinkDangling || s.Kind == TagDangling || s.Kind == UploadAbandoned
	wants := func(repo repoID) bool { return !inOne || repo == s.repo }
	if inOne {
		s.Repositories = append(s.Repositories, c.s.repos[s.repo])
	}
	if s.tag >= 0 {
		t := c.s.tags[s.tag]
		s.Tags = append(s.Tags, c.s.repos[t.repo]+":"+t.name)
		return nil
	}
	if s.blob == none {
		return nil
	}
	for _, id := range r.upwards(s.blob) {
		if m := c.s.images[id]; m != nil && id != s.blob {
			if m.index {
				s.Indexes = append(s.Indexes, c.digest(id))
			} else {
				s.Manifests = append(s.Manifests, c.digest(id))
			}
		}
		for _, repo := range r.repos[id] {
			if wants(repo) && !inOne {
				s.Repositories = append(s.Repositories, c.s.repos[repo])
			}
		}
		if err := c.fillTags(ctx, r.tags[id], id, wants, s); err != nil {
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

// upwards returns the blob and all that name it, directly or not.
func (r *reach) upwards(id blobID) []blobID {
	list := []blobID{id}
	seen := map[blobID]struct{}{id: {}}
	for i := 0; i < len(list); i++ {
		for _, p := range r.parents[list[i]] {
			if _, ok := seen[p]; !ok {
				seen[p] = struct{}{}
				list = append(list, p)
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
		return fmt.Errorf("reading tag %s: %w", e.Path(), err)
	}
	if id, known := c.s.ids[digest.Digest(content)]; ok && known {
		t.resolved = id
	}
	return nil
}
