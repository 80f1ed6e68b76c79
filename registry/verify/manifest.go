package verify

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"
)

// manifest is the part of a manifest or index that the checks need.
type manifest struct {
	refs  []reference
	size  int64 // of the right bytes
	index bool
}

func (m *manifest) names(id blobID) bool {
	return slices.ContainsFunc(m.refs, func(r reference) bool { return r.blob == id })
}

// reference is a blob or manifest that a manifest names.
type reference struct {
	blob blobID
	size int64 // -1: the manifest doesn't give it
	role role
}

type role uint8

const (
	layerRole   role = iota
	childRole        // a manifest of an index
	subjectRole      // need not be stored, by the OCI distribution specification
	foreignRole      // stored elsewhere: has URLs
	sparseRole       // a manifest of an index that may do without it
)

type descriptor struct {
	MediaType string        `json:"mediaType"`
	Digest    digest.Digest `json:"digest"`
	Size      *int64        `json:"size"`
	URLs      []string      `json:"urls"`
	Platform  struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
	} `json:"platform"`
}

// document has the fields of every manifest format that a registry has ever
// stored: Docker schema 1 and 2, manifest list, OCI image, index and artifact.
type document struct {
	SchemaVersion int          `json:"schemaVersion"`
	Config        *descriptor  `json:"config"`
	Layers        []descriptor `json:"layers"`
	Manifests     []descriptor `json:"manifests"`
	Blobs         []descriptor `json:"blobs"`
	Subject       *descriptor  `json:"subject"`
	FSLayers      []struct {
		BlobSum digest.Digest `json:"blobSum"`
	} `json:"fsLayers"`
}

var errNoManifest = errors.New("names neither layers nor manifests")

// parseManifest reads a manifest, numbering what it names by id.
// optionalChild may be nil; see Options.OptionalChild.
func parseManifest(content []byte, optionalChild func(os, architecture string) bool, id func(digest.Digest) blobID) (*manifest, error) {
	var doc document
	if err := json.Unmarshal(content, &doc); err != nil {
		return nil, err
	}
	m := &manifest{size: int64(len(content)), index: doc.Manifests != nil}
	add := func(d descriptor, r role) error {
		if err := d.Digest.Validate(); err != nil {
			return fmt.Errorf("digest %q: %w", d.Digest, err)
		}
		if len(d.URLs) > 0 {
			r = foreignRole
		}
		if r == childRole && optionalChild != nil && optionalChild(d.Platform.OS, d.Platform.Architecture) {
			r = sparseRole
		}
		size := int64(-1)
		if d.Size != nil {
			size = *d.Size
		}
		m.refs = append(m.refs, reference{id(d.Digest), size, r})
		return nil
	}
	for _, list := range []struct {
		descriptors []descriptor
		role        role
	}{
		{optional(doc.Config), layerRole},
		{doc.Layers, layerRole},
		{doc.Blobs, layerRole},
		{schema1Layers(doc), layerRole},
		{doc.Manifests, childRole},
		{optional(doc.Subject), subjectRole},
	} {
		for _, d := range list.descriptors {
			if err := add(d, list.role); err != nil {
				return nil, err
			}
		}
	}
	if doc.Config == nil && doc.Layers == nil && doc.Manifests == nil && doc.Blobs == nil && doc.FSLayers == nil {
		return nil, errNoManifest
	}
	return m, nil
}

func optional(d *descriptor) []descriptor {
	if d == nil {
		return nil
	}
	return []descriptor{*d}
}

func schema1Layers(doc document) []descriptor {
	layers := make([]descriptor, len(doc.FSLayers))
	for i, l := range doc.FSLayers {
		layers[i].Digest = l.BlobSum
	}
	return layers
}
