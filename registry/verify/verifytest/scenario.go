package verifytest

import (
	"fmt"
	"math/rand/v2"
	"path"
	"time"

	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// Damage is what a scenario broke.
type Damage struct {
	// Found is what a run should find, by path.
	Found map[string]verify.Kind
	// Lost has those of them that can't be mended.
	Lost map[string]bool
}

// PushDamaged pushes so many images, over many repositories, of which about two
// thirds are damaged in all the ways in which the old driver damaged them, and a
// few in ways in which it didn't. The same seed gives the same registry.
func (r *Registry) PushDamaged(images int, seed uint64) Damage {
	r.tb.Helper()
	s := &scenario{
		Registry: r,
		random:   rand.New(rand.NewPCG(seed, 7)), //nolint:gosec // no secret: tests have to be repeatable
		seed:     seed << 32,
		Damage:   Damage{Found: make(map[string]verify.Kind), Lost: make(map[string]bool)},
	}
	for i := range images {
		s.push(i)
	}
	upload := r.BeginUpload("team/app-0", time.Now().Add(-30*24*time.Hour))
	s.Found[path.Dir(upload.Path())] = verify.UploadAbandoned
	return s.Damage
}

type scenario struct {
	*Registry
	Damage
	random *rand.Rand
	seed   uint64
}

// noise returns a layer that no other image has.
func (s *scenario) noise(n int) []byte {
	s.seed++
	return Noise(s.seed, n)
}

// push pushes image number i. The number says how it is damaged.
func (s *scenario) push(i int) {
	repository, tag := fmt.Sprintf("team/app-%d", i%20), fmt.Sprintf("v%d", i)
	layers := []v1.Descriptor{s.PushBlob(repository, Noise(1, 20_000))} // all images have this one
	switch i % 6 {
	case 0, 1:
		layers = append(layers, s.repeated(repository, i/6))
	case 2:
		layers = append(layers, s.repeated(repository, i/6), s.repeated(repository, i/6+1), s.repeated(repository, i/6+2))
	default:
		layers = append(layers, s.PushBlob(repository, s.noise(s.random.IntN(50_000))))
	}
	image := s.PushImage(repository, tag, layers...)
	switch i % 6 {
	case 3:
		s.repeatLink(repository, tag, image, layers[1], i/6)
	case 4:
		s.breakManifest(repository, image, i/6)
	}
	if i%20 == 0 && i > 0 {
		// An index names an image of its own repository.
		s.PushIndex(repository, tag+"-all", image)
	}
}

// repeated pushes a layer some of whose appends were stored more than once.
func (s *scenario) repeated(repository string, variant int) v1.Descriptor {
	largest := []int{1 << 10, 5000, 64 << 10, 300_001, 4096, 1 << 20}[variant%6]
	if variant%16 == 15 {
		largest = 4 << 20
	}
	blocks := Blocks(largest*(2+s.random.IntN(2))+1+s.random.IntN(largest), largest)
	total := 0
	for _, b := range blocks {
		total += b.Size
	}
	lost := 1 + s.random.IntN(2)
	switch last := len(blocks) - 1; variant % 4 {
	case 0:
		blocks[0].Lost = lost
	case 1:
		blocks[1+s.random.IntN(last-1)].Lost = lost
	case 2:
		blocks[last].Lost = lost
	default:
		blocks[0].Lost, blocks[last].Lost = lost, 1
	}
	d := s.PushBlob(repository, s.noise(total), blocks...)
	s.Found[layout.BlobPath(d.Digest)] = verify.BlobTooLong
	return d
}

// repeatLink stores a link twice over, or three times, or empties it.
func (s *scenario) repeatLink(repository, tag string, image, layer v1.Descriptor, variant int) {
	e := []layout.Entry{
		{Kind: layout.LayerLink, Digest: layer.Digest},
		{Kind: layout.RevisionLink, Digest: image.Digest},
		{Kind: layout.TagIndex, Name: tag, Digest: image.Digest},
		{Kind: layout.TagCurrent, Name: tag},
	}[variant%4]
	e.Repository = repository
	p := e.Path()
	if variant%3 == 2 {
		s.Empty(p)
	} else {
		s.PutFile(p, s.Right[p], 1+variant%3)
	}
	s.Found[p] = verify.LinkWrong
}

// breakManifest stores a manifest twice over or three times; and now and then
// does what can't be mended, to it or to a layer.
func (s *scenario) breakManifest(repository string, image v1.Descriptor, variant int) {
	p := layout.BlobPath(image.Digest)
	switch variant % 5 {
	case 3:
		s.Empty(p)
		s.Found[p], s.Lost[p] = verify.BlobEmpty, true
	case 4:
		content := s.noise(9000)
		layer := s.PushBlob(repository, content)
		s.PushImage(repository, "", layer)
		p = layout.BlobPath(layer.Digest)
		s.Replace(p, append(s.noise(4096), content...))
		s.Found[p], s.Lost[p] = verify.BlobTooLong, true
	default:
		s.PutFile(p, s.Right[p], 1+variant%2)
		s.Found[p] = verify.ManifestCorrupt
	}
}
