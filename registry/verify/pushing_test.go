package verify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/distribution/distribution/v3"
	_ "github.com/distribution/distribution/v3/manifest/ocischema" // its media types are for manifests to be pushed
	"github.com/distribution/distribution/v3/registry/storage"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/sirupsen/logrus"
	"github.com/stretchr/testify/require"
)

// pushed is one manifest with what it names, as a client has it on its disk.
type pushed struct {
	repository, tag string // no tag: by its digest
	content         []byte
	blobs           map[digest.Digest][]byte
	children        []*pushed
}

func (p *pushed) digest() digest.Digest { return digest.FromBytes(p.content) }

// name is what repair calls it.
func (p *pushed) name() string {
	if p.tag == "" {
		return p.repository + "@" + p.digest().String()
	}
	return p.repository + ":" + p.tag
}

func (p *pushed) mediaType() string {
	if p.children != nil {
		return v1.MediaTypeImageIndex
	}
	return v1.MediaTypeImageManifest
}

func (p *pushed) descriptor() v1.Descriptor {
	return v1.Descriptor{MediaType: p.mediaType(), Digest: p.digest(), Size: int64(len(p.content))}
}

// config is the only blob that is JSON.
func (p *pushed) config() digest.Digest {
	for d, content := range p.blobs {
		if json.Valid(content) {
			return d
		}
	}
	return ""
}

// imageOf is an image with a config of its own, whose layers go by the algorithm.
func imageOf(t *testing.T, repository, tag string, subject *v1.Descriptor, by digest.Algorithm, layers ...[]byte) *pushed {
	p := &pushed{repository: repository, tag: tag, blobs: make(map[digest.Digest][]byte)}
	add := func(a digest.Algorithm, mediaType string, content []byte) v1.Descriptor {
		d := a.FromBytes(content)
		p.blobs[d] = content
		return v1.Descriptor{MediaType: mediaType, Digest: d, Size: int64(len(content))}
	}
	m := v1.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageManifest, Subject: subject}
	config, err := json.Marshal(v1.Image{Author: fmt.Sprintf("%s:%s %x", repository, tag, layers[0][:32])})
	require.NoError(t, err)
	m.Config = add(digest.Canonical, v1.MediaTypeImageConfig, config)
	for _, layer := range layers {
		m.Layers = append(m.Layers, add(by, v1.MediaTypeImageLayerGzip, layer))
	}
	p.content, err = json.Marshal(m)
	require.NoError(t, err)
	return p
}

func indexOf(t *testing.T, repository, tag string, children ...*pushed) *pushed {
	p := &pushed{repository: repository, tag: tag, children: children}
	m := v1.Index{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: v1.MediaTypeImageIndex}
	for _, child := range children {
		m.Manifests = append(m.Manifests, child.descriptor())
	}
	var err error
	p.content, err = json.Marshal(m)
	require.NoError(t, err)
	return p
}

// client pushes and pulls as clients do, through the registry's own code.
type client struct {
	t        *testing.T
	registry distribution.Namespace
}

func newClient(t *testing.T, driver storagedriver.StorageDriver) *client {
	t.Helper()
	logrus.SetLevel(logrus.ErrorLevel) // the registry warns of each link by sha512
	registry, err := storage.NewRegistry(t.Context(), driver, storage.EnableDelete)
	require.NoError(t, err)
	return &client{t, registry}
}

func (c *client) repository(ctx context.Context, name string) (distribution.Repository, distribution.ManifestService) {
	c.t.Helper()
	named, err := reference.WithName(name)
	require.NoError(c.t, err)
	r, err := c.registry.Repository(ctx, named)
	require.NoError(c.t, err)
	m, err := r.Manifests(ctx)
	require.NoError(c.t, err)
	return r, m
}

// push asks for each blob first, and sends only those that the registry doesn't have.
func (c *client) push(p *pushed) {
	c.t.Helper()
	ctx := c.t.Context()
	r, manifests := c.repository(ctx, p.repository)
	for _, child := range p.children {
		c.push(child)
	}
	for d, content := range p.blobs {
		if _, err := r.Blobs(ctx).Stat(ctx, d); err != nil {
			c.upload(r, d, content)
		}
	}
	m, desc, err := distribution.UnmarshalManifest(p.mediaType(), p.content)
	require.NoError(c.t, err)
	_, err = manifests.Put(ctx, m)
	require.NoError(c.t, err, "putting the manifest of %s", p.name())
	if p.tag != "" {
		require.NoError(c.t, r.Tags(ctx).Tag(ctx, p.tag, desc))
	}
}

func (c *client) upload(r distribution.Repository, d digest.Digest, content []byte) {
	c.t.Helper()
	ctx := c.t.Context()
	w, err := r.Blobs(ctx).Create(ctx)
	require.NoError(c.t, err)
	_, err = w.Write(content)
	require.NoError(c.t, err)
	_, err = w.Commit(ctx, v1.Descriptor{Digest: d})
	require.NoError(c.t, err)
}

// pull reads all of an image, and returns an error unless each byte is right.
func (c *client) pull(p *pushed) error {
	ctx := c.t.Context()
	r, manifests := c.repository(ctx, p.repository)
	if p.tag != "" {
		if named, err := r.Tags(ctx).Get(ctx, p.tag); err != nil || named.Digest != p.digest() {
			return errors.Join(fmt.Errorf("tag %s names %s", p.name(), named.Digest), err)
		}
	}
	m, err := manifests.Get(ctx, p.digest())
	if err != nil {
		return fmt.Errorf("manifest %s: %w", p.name(), err)
	}
	if _, content, err := m.Payload(); err != nil || digest.FromBytes(content) != p.digest() {
		return errors.Join(fmt.Errorf("manifest %s has other bytes", p.name()), err)
	}
	for d := range p.blobs {
		if content, err := r.Blobs(ctx).Get(ctx, d); err != nil || d.Algorithm().FromBytes(content) != d {
			return errors.Join(fmt.Errorf("blob %s of %s has other bytes", d, p.name()), err)
		}
	}
	for _, child := range p.children {
		if err := c.pull(child); err != nil {
			return err
		}
	}
	return nil
}
