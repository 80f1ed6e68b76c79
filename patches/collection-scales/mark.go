package storage

import (
	"context"
	"fmt"

	"github.com/opencontainers/go-digest"
)

// mark marks a manifest, and what it and the manifests that it lists refer to.
// It may be called for several manifests at a time.
func (m *marker) mark(ctx context.Context, repoName string, dgst digest.Digest) error {
	m.add(m.marked, dgst)
	if !m.add(m.read, dgst) {
		return nil
	}

	references, err := m.references(ctx, dgst)
	if err != nil {
		return fmt.Errorf("failed to retrieve manifest %s of %s: %w", dgst, repoName, err)
	}
	for _, reference := range references {
		if m.add(m.marked, reference.Digest) && !m.quiet {
			emit("%s: marking blob %s", repoName, reference.Digest)
		}
		if _, ok := m.manifests[reference.Digest]; ok {
			if err := m.mark(ctx, repoName, reference.Digest); err != nil {
				return err
			}
		}
	}
	return nil
}

// add reports whether the set doesn't hold the digest before.
func (m *marker) add(set map[digest.Digest]struct{}, dgst digest.Digest) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := set[dgst]
	set[dgst] = struct{}{}
	return !ok
}
