package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// Where upstream's registry keeps what it has.
const (
	root         = "docker/registry/v2"
	repositories = root + "/repositories"
)

// blobsPerImage is how many blobs seedImage stores for a complete image.
const blobsPerImage = 8

// imagesPerRepository is the size of the repositories that seed makes.
const imagesPerRepository = 100

// seed stores a registry of so many images in the sink, each with a configuration
// and a layer of its own, all of them tagged. The last of ten has no manifest: its
// push was broken off, and its blobs are for the garbage collection.
func (t *trial) seed(images int) error {
	for i := range images {
		if err := t.seedImage(appOf(i), i, i%10 != 9, true); err != nil {
			return err
		}
	}
	return nil
}

// seedGarbage stores so many images, half of which are nothing but blobs that no
// manifest refers to. A third has a tag, a sixth a manifest that has none.
func (t *trial) seedGarbage(images int) error {
	for i := range images {
		if err := t.seedImage(appOf(i), i, hasManifest(i), hasTag(i)); err != nil {
			return err
		}
	}
	return nil
}

// What seedGarbage stores of an image besides its blobs.
func hasManifest(i int) bool { return i%6 < 3 }
func hasTag(i int) bool      { return i%6 < 2 }

func appOf(i int) string { return fmt.Sprintf("app-%d", i/imagesPerRepository) }

// seedImage stores one configuration and layer, their manifest if the image is
// complete, and its tag if it is tagged, too.
func (t *trial) seedImage(name string, i int, complete, tagged bool) error {
	repository := repositories + "/" + name + "/"
	config := t.seedBlob(repository, fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"i":%d}`, i))
	layer := t.seedBlob(repository, fmt.Appendf(nil, "layer %d", i))
	if !complete {
		return nil
	}
	manifest, err := json.Marshal(v1.Manifest{
		Versioned: specs.Versioned{SchemaVersion: 2},
		MediaType: v1.MediaTypeImageManifest,
		Config:    v1.Descriptor{MediaType: v1.MediaTypeImageConfig, Digest: config, Size: 1},
		Layers:    []v1.Descriptor{{MediaType: v1.MediaTypeImageLayerGzip, Digest: layer, Size: 1}},
	})
	if err != nil {
		return err
	}
	d := digestOf(manifest)
	t.sink.Put(blobPath(d), manifest)
	t.sink.Put(repository+"_manifests/revisions/sha256/"+d.Encoded()+"/link", []byte(d))
	if tagged {
		tag := fmt.Sprintf("%s_manifests/tags/v%d/", repository, i)
		t.sink.Put(tag+"current/link", []byte(d))
		t.sink.Put(tag+"index/sha256/"+d.Encoded()+"/link", []byte(d))
	}
	return nil
}

func (t *trial) seedBlob(repository string, content []byte) digest.Digest {
	d := digestOf(content)
	t.sink.Put(blobPath(d), content)
	t.sink.Put(repository+"_layers/sha256/"+d.Encoded()+"/link", []byte(d))
	return d
}

func blobPath(d digest.Digest) string {
	return root + "/blobs/sha256/" + d.Encoded()[:2] + "/" + d.Encoded() + "/data"
}

func digestOf(content []byte) digest.Digest {
	return digest.NewDigestFromEncoded(digest.SHA256, fmt.Sprintf("%x", sha256.Sum256(content)))
}
