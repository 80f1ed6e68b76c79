package soak

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var (
	errCorrupt = errors.New("other bytes than were pushed")
	errLost    = errors.New("acknowledged, and not there")
)

// pushed is what an image is made of: enough to make it again for a comparison.
type pushed struct {
	repository, tag string
	title           string
	layers          []layer
}

type layer struct {
	seed string
	size int
}

func (p pushed) reference() string { return p.repository + ":" + p.tag }

func (p pushed) image() (v1.Image, error) {
	var layers []v1.Layer
	for _, l := range p.layers {
		layers = append(layers, registrytest.Layer(registrytest.Random(l.seed, l.size)))
	}
	return registrytest.Image(p.title, layers...)
}

// manifest is the bytes and the digest of the image's manifest.
func manifest(image v1.Image) ([]byte, string, error) {
	content, err := image.RawManifest()
	if err != nil {
		return nil, "", err
	}
	digest, err := image.Digest()
	return content, digest.String(), err
}

// compare pulls the image by its digests and returns nil if every byte is what was pushed.
func compare(ctx context.Context, address string, p pushed) error {
	image, err := p.image()
	if err != nil {
		return err
	}
	want, digest, err := manifest(image)
	if err != nil {
		return err
	}
	if err := same(ctx, address, p.repository+"/manifests/"+digest, want); err != nil {
		return err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return err
	}
	name, err := image.ConfigName()
	if err != nil {
		return err
	}
	if err := same(ctx, address, p.repository+"/blobs/"+name.String(), config); err != nil {
		return err
	}
	return compareLayers(ctx, address, p, image)
}

func compareLayers(ctx context.Context, address string, p pushed, image v1.Image) error {
	layers, err := image.Layers()
	if err != nil {
		return err
	}
	for i, l := range layers {
		digest, err := l.Digest()
		if err != nil {
			return err
		}
		want := registrytest.Random(p.layers[i].seed, p.layers[i].size)
		if err := same(ctx, address, p.repository+"/blobs/"+digest.String(), want); err != nil {
			return err
		}
	}
	return nil
}

// resolves returns nil if the image's tag is this image.
func resolves(ctx context.Context, address string, p pushed) error {
	image, err := p.image()
	if err != nil {
		return err
	}
	want, _, err := manifest(image)
	if err != nil {
		return err
	}
	return same(ctx, address, p.repository+"/manifests/"+p.tag, want)
}

// same returns nil if the page has these bytes. An answer that breaks off is a failure and not
// a wrong answer.
func same(ctx context.Context, address, page string, want []byte) error {
	status, got, err := registrytest.Get(ctx, "http://"+address+"/v2/"+page)
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", page, err)
	case status == http.StatusNotFound:
		return fmt.Errorf("%s: %w: %s", page, errLost, got)
	case status != http.StatusOK:
		return fmt.Errorf("%s: %d %s", page, status, got)
	case !bytes.Equal(got, want):
		return fmt.Errorf("%s: %w: %d bytes instead of %d", page, errCorrupt, len(got), len(want))
	}
	return nil
}
