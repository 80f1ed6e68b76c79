package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const (
	kibibyte = 1 << 10
	mebibyte = 1 << 20
)

func TestMain(m *testing.M) { registrytest.Main(m) }

// quick is a configuration for tests in which something stalls.
func quick(s *registrytest.Storage) registrytest.Section {
	return s.Azure(registrytest.Section{"try_timeout": "1s", "retry_delay": "20ms"})
}

// newLayer is a layer of n random bytes.
func newLayer(seed string, n int) v1.Layer { return registrytest.Layer(registrytest.Random(seed, n)) }

func newImage(t testing.TB, title string, layers ...v1.Layer) v1.Image {
	t.Helper()
	image, err := registrytest.Image(title, layers...)
	require.NoError(t, err)
	return image
}

// latest is the tag of that name.
func latest(t testing.TB, r *registrytest.Registry, repository string) name.Tag {
	t.Helper()
	reference, err := name.NewTag(r.Address+"/"+repository+":latest", name.Insecure)
	require.NoError(t, err)
	return reference
}

func push(ctx context.Context, reference name.Reference, image v1.Image) error {
	return remote.Write(reference, image, registrytest.Once(ctx)...)
}

// pull fails unless every byte of the image is what was pushed.
func pull(ctx context.Context, reference name.Reference, want v1.Image) error {
	image, err := remote.Image(reference, registrytest.Once(ctx)...)
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
