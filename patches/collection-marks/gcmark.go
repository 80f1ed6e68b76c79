package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// marker marks what must be kept.
type marker struct {
	driver driver.StorageDriver
	quiet  bool
	// manifests are those that some repository links to.
	manifests map[digest.Digest]struct{}
	read      map[digest.Digest]struct{}
	marked    map[digest.Digest]struct{}
}

// mark marks a manifest, and what it and the manifests that it lists refer to.
func (m *marker) mark(ctx context.Context, repoName string, dgst digest.Digest) error {
	m.marked[dgst] = struct{}{}
	if _, ok := m.read[dgst]; ok {
		return nil
	}
	m.read[dgst] = struct{}{}

	references, err := m.references(ctx, dgst)
	if err != nil {
		return fmt.Errorf("failed to retrieve manifest %s of %s: %w", dgst, repoName, err)
	}
	for _, reference := range references {
		if _, ok := m.marked[reference.Digest]; !ok && !m.quiet {
			emit("%s: marking blob %s", repoName, reference.Digest)
		}
		m.marked[reference.Digest] = struct{}{}
		if _, ok := m.manifests[reference.Digest]; ok {
			if err := m.mark(ctx, repoName, reference.Digest); err != nil {
				return err
			}
		}
	}
	return nil
}

// references returns what a manifest refers to, which is nothing if it isn't
// stored any more.
func (m *marker) references(ctx context.Context, dgst digest.Digest) ([]v1.Descriptor, error) {
	blobPath, err := pathFor(blobDataPathSpec{digest: dgst})
	if err != nil {
		return nil, err
	}
	content, err := getContent(ctx, m.driver, blobPath)
	if err != nil {
		if isNotFound(err, blobPath) {
			dcontext.GetLogger(ctx).Warnf("there is a link to manifest %s, but no such blob", dgst)
			return nil, nil
		}
		return nil, err
	}

	var versioned struct {
		specs.Versioned
		MediaType string `json:"mediaType"`
		Manifests any    `json:"manifests"`
	}
	if err := json.Unmarshal(content, &versioned); err != nil {
		return nil, err
	}
	if versioned.SchemaVersion != 2 {
		return nil, fmt.Errorf("unrecognized manifest schema version %d", versioned.SchemaVersion)
	}
	if versioned.MediaType == "" {
		versioned.MediaType = v1.MediaTypeImageManifest
		if versioned.Manifests != nil {
			versioned.MediaType = v1.MediaTypeImageIndex
		}
	}
	manifest, _, err := distribution.UnmarshalManifest(versioned.MediaType, content)
	if err != nil {
		return nil, err
	}
	return manifest.References(), nil
}

// markTargets marks what marked layers of other than the canonical algorithm
// link to, which is where their content is stored.
func (m *marker) markTargets(ctx context.Context, repositories []*repositoryLinks) error {
	for _, r := range repositories {
		for _, dgst := range r.layers {
			if _, ok := m.marked[dgst]; !ok || dgst.Algorithm() == digest.Canonical {
				continue
			}
			target, err := readLink(ctx, m.driver, layerLinkPathSpec{name: r.name, digest: dgst})
			if err == nil && target == "" {
				err = distribution.ErrBlobUnknown
			}
			if err != nil {
				return fmt.Errorf("failed to retrieve layer %s of %s: %w", dgst, r.name, err)
			}
			m.marked[target] = struct{}{}
		}
	}
	return nil
}
