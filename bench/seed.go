package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// seed stores a registry of so many manifests in the sink: ten repositories, and
// for each manifest a configuration and a layer of its own. Nine of ten are
// tagged; the tenth and its blobs are for the garbage collection.
func (t *trial) seed(manifests int) error {
	for i := range manifests {
		repository := fmt.Sprintf("docker/registry/v2/repositories/app-%d/", i%10)
		config := t.seedBlob(repository, fmt.Appendf(nil, `{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"i":%d}`, i))
		layer := t.seedBlob(repository, fmt.Appendf(nil, "layer %d", i))
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
		if i%10 != 9 {
			tag := fmt.Sprintf("%s_manifests/tags/v%d/", repository, i)
			t.sink.Put(tag+"current/link", []byte(d))
			t.sink.Put(tag+"index/sha256/"+d.Encoded()+"/link", []byte(d))
		}
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
	return "docker/registry/v2/blobs/sha256/" + d.Encoded()[:2] + "/" + d.Encoded() + "/data"
}

func digestOf(content []byte) digest.Digest {
	return digest.NewDigestFromEncoded(digest.SHA256, fmt.Sprintf("%x", sha256.Sum256(content)))
}
