package registrytest

import (
	"context"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Random is the same n bytes for the same seed, and others for any other.
func Random(seed string, n int) []byte {
	hash := fnv.New64a()
	_, _ = io.WriteString(hash, seed) // never fails
	var key [32]byte
	copy(key[:], fmt.Sprintf("%032d", hash.Sum64()))
	content := make([]byte, n)
	_, _ = rand.NewChaCha8(key).Read(content) // never fails
	return content
}

// Image is an image with these layers. Images of different titles differ. A registry
// doesn't look into layers.
func Image(title string, layers ...[]byte) (v1.Image, error) {
	image := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	image, err := mutate.Config(image, v1.Config{Labels: map[string]string{"title": title}})
	if err != nil {
		return nil, err
	}
	for _, content := range layers {
		image, err = mutate.AppendLayers(image, static.NewLayer(content, types.OCILayer))
		if err != nil {
			return nil, err
		}
	}
	return image, nil
}

// Push pushes the image under a name as in "127.0.0.1:5000/some/app:latest". Nothing is tried
// twice: all patience is left to the registry.
func Push(ctx context.Context, reference string, image v1.Image) error {
	tag, err := name.NewTag(reference, name.Insecure)
	if err != nil {
		return err
	}
	return remote.Write(tag, image,
		remote.WithContext(ctx),
		remote.WithRetryPredicate(func(error) bool { return false }),
		remote.WithRetryStatusCodes(),
	)
}
