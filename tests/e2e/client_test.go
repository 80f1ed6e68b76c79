package e2e

import (
	"bytes"
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"
)

const (
	kibibyte = 1 << 10
	mebibyte = 1 << 20
)

// random is the same n bytes for the same seed, and others for any other.
func random(seed string, n int) []byte {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, seed) // never fails
	var key [32]byte
	copy(key[:], fmt.Sprintf("%032d", hash.Sum64()))
	content := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(content) // never fails
	return content
}

// newLayer is a layer of n random bytes. Registries don't look inside.
func newLayer(seed string, n int) v1.Layer {
	return static.NewLayer(random(seed, n), types.OCILayer)
}

// newImage is an image with these layers. Images of different titles differ.
func newImage(t testing.TB, title string, layers ...v1.Layer) v1.Image {
	t.Helper()
	image, err := mutate.AppendLayers(mutate.MediaType(empty.Image, types.OCIManifestSchema1), layers...)
	require.NoError(t, err)
	image, err = mutate.Config(image, v1.Config{Labels: map[string]string{"title": title}})
	require.NoError(t, err)
	return image
}

func (r *registry) reference(t testing.TB, repository string) name.Tag {
	t.Helper()
	reference, err := name.NewTag(r.address+"/"+repository+":latest", name.Insecure)
	require.NoError(t, err)
	return reference
}

// once makes the client leave all patience to the registry.
func once(ctx context.Context) []remote.Option {
	return []remote.Option{
		remote.WithContext(ctx),
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(),
	}
}

func push(ctx context.Context, reference name.Reference, image v1.Image) error {
	return remote.Write(reference, image, once(ctx)...)
}

// pull fails unless every byte of the image is what was pushed.
func pull(ctx context.Context, reference name.Reference, want v1.Image) error {
	image, err := remote.Image(reference, once(ctx)...)
	if err != nil {
		return err
	}
	layers, err := want.Layers()
	if err != nil {
		return err
	}
	config, err := image.RawConfigFile()
	if err != nil {
		return fmt.Errorf("config: %w", err)
	}
	if wanted, err := want.RawConfigFile(); err != nil || !bytes.Equal(wanted, config) {
		return fmt.Errorf("the config pulled is not the one pushed (%w)", err)
	}
	for i, layer := range layers {
		if err := samePulled(image, layer); err != nil {
			return fmt.Errorf("layer %d: %w", i, err)
		}
	}
	return nil
}

// samePulled reads the layer of the image that has this digest.
func samePulled(image v1.Image, want v1.Layer) error {
	digest, err := want.Digest()
	if err != nil {
		return err
	}
	layer, err := image.LayerByDigest(digest)
	if err != nil {
		return err
	}
	return sameContent(layer, want)
}

// sameContent reads both layers.
func sameContent(pulled, pushed v1.Layer) error {
	got, err := read(pulled)
	if err != nil {
		return err
	}
	want, err := read(pushed)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("%d bytes pulled are not the %d pushed", len(got), len(want))
	}
	return nil
}

func read(layer v1.Layer) ([]byte, error) {
	content, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}
