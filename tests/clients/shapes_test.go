package clients

import (
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

// image is an OCI image for a platform with one layer.
func image(t *testing.T, content, architecture string) v1.Image {
	t.Helper()
	return with(t, content, mutate.Addendum{Layer: static.NewLayer([]byte(content), types.OCIUncompressedLayer)}, architecture)
}

// with is an OCI image with a layer as it is described.
func with(t *testing.T, title string, layer mutate.Addendum, architecture string) v1.Image {
	t.Helper()
	made := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	made, err := mutate.Append(made, layer)
	require.NoError(t, err)
	config, err := made.ConfigFile()
	require.NoError(t, err)
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Config.Labels = "linux", architecture, map[string]string{"title": title}
	made, err = mutate.ConfigFile(made, config)
	require.NoError(t, err)
	return made
}

// index is an OCI index.
func index(entries ...mutate.IndexAddendum) v1.ImageIndex {
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex), entries...)
}

func entry(of mutate.Appendable, architecture string) mutate.IndexAddendum {
	return mutate.IndexAddendum{Add: of, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: architecture}}}
}

// platforms is an index of two platforms.
func platforms(t *testing.T, title string) v1.ImageIndex {
	t.Helper()
	return index(entry(image(t, title+" amd64", "amd64"), "amd64"), entry(image(t, title+" arm64", "arm64"), "arm64"))
}

// reference is an image's name in the registry.
func reference(t *testing.T, r *server, image string) name.Reference {
	t.Helper()
	parsed, err := name.ParseReference(r.image(image), name.Insecure)
	require.NoError(t, err)
	return parsed
}

func pushImage(t *testing.T, r *server, image string, content v1.Image) {
	t.Helper()
	require.NoError(t, remote.Write(reference(t, r, image), content, remote.WithContext(t.Context())))
}

func pushIndex(t *testing.T, r *server, image string, content v1.ImageIndex) {
	t.Helper()
	require.NoError(t, remote.WriteIndex(reference(t, r, image), content, remote.WithContext(t.Context())))
}

// attestations is what buildx pushes with --provenance and --sbom: an index in which each
// platform's image has a companion for the platform unknown/unknown.
// https://docs.docker.com/build/metadata/attestations/attestation-storage/
func attestations(t *testing.T, r *server) {
	var entries []mutate.IndexAddendum
	for _, architecture := range []string{"amd64", "arm64"} {
		described := image(t, "described "+architecture, architecture)
		digest, err := described.Digest()
		require.NoError(t, err)
		statement := static.NewLayer([]byte(`{"_type":"https://in-toto.io/Statement/v0.1","subject":"`+architecture+`"}`), "application/vnd.in-toto+json")
		companion := with(t, "attestation", mutate.Addendum{
			Layer:       statement,
			Annotations: map[string]string{"in-toto.io/predicate-type": "https://slsa.dev/provenance/v0.2"},
		}, "unknown")
		entries = append(entries, entry(described, architecture), mutate.IndexAddendum{Add: companion, Descriptor: v1.Descriptor{
			Platform:    &v1.Platform{OS: "unknown", Architecture: "unknown"},
			Annotations: map[string]string{"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest.String()},
		}})
	}
	pushIndex(t, r, "attestations/app:1", index(entries...))
}

// signatures is what cosign leaves: tags named after the digest that they are about, and
// referrers, which this registry keeps as a tag that the client writes.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
func signatures(t *testing.T, r *server) {
	signed := image(t, "signed", "amd64")
	pushImage(t, r, "signatures/app:1", signed)
	digest, err := signed.Digest()
	require.NoError(t, err)
	for _, suffix := range []string{"sig", "att", "sbom"} {
		made := image(t, suffix, "")
		pushImage(t, r, "signatures/app:sha256-"+digest.Hex+"."+suffix, made)
	}
	described, err := remote.Head(reference(t, r, "signatures/app:1"), remote.WithContext(t.Context()))
	require.NoError(t, err)
	bundle, ok := mutate.Subject(image(t, "bundle", ""), *described).(v1.Image)
	require.True(t, ok)
	of, err := bundle.Digest()
	require.NoError(t, err)
	pushImage(t, r, "signatures/app@"+of.String(), bundle)
	fallback, err := remote.Index(reference(t, r, "signatures/app:sha256-"+digest.Hex), remote.WithContext(t.Context()))
	require.NoError(t, err, "the referrers' tag")
	listed, err := fallback.IndexManifest()
	require.NoError(t, err)
	require.Len(t, listed.Manifests, 1)
}

func indexOfIndexes(t *testing.T, r *server) {
	inner := platforms(t, "inner")
	outer := index(mutate.IndexAddendum{Add: inner}, mutate.IndexAddendum{Add: index()}, entry(image(t, "beside", "s390x"), "s390x"))
	pushIndex(t, r, "nested/app:1", outer)
}

// foreignLayers are images whose layers are elsewhere: most clients don't push them.
func foreignLayers(t *testing.T, r *server) {
	for tag, image := range map[string]struct {
		kind types.MediaType
		base v1.Image
	}{
		"oci":    {types.OCIRestrictedLayer, image(t, "beside what is foreign", "amd64")},
		"docker": {types.DockerForeignLayer, empty.Image},
	} {
		layer := static.NewLayer([]byte("of another owner, "+tag), image.kind)
		made, err := mutate.Append(image.base, mutate.Addendum{
			Layer: layer, MediaType: image.kind, URLs: []string{"https://example.com/layer"},
		})
		require.NoError(t, err)
		pushImage(t, r, "foreign/app:"+tag, made)
		held := reference(t, r, "foreign/held:"+tag)
		require.NoError(t, remote.Write(held, made, remote.WithContext(t.Context()), remote.WithNondistributable))
	}
}

// TestSparseIndexIsClean is about an index whose other platforms were never pushed, which
// a registry with this setting accepts.
func TestSparseIndexIsClean(t *testing.T) {
	for platformsAsked, setting := range map[string]string{
		"some": "platforms: list, platformlist: [{architecture: amd64, os: linux}]",
		"none": "platforms: none",
	} {
		t.Run(platformsAsked, func(t *testing.T) {
			r := start(t, settings{more: "validation: {manifests: {indexes: {" + setting + "}}}"})
			pushed := image(t, "pushed", "amd64")
			digest, err := pushed.Digest()
			require.NoError(t, err)
			pushImage(t, r, "sparse/app@"+digest.String(), pushed)
			whole := index(entry(pushed, "amd64"), entry(image(t, "never pushed", "arm64"), "arm64"))
			require.NoError(t, remote.Put(reference(t, r, "sparse/app:1"), whole, remote.WithContext(t.Context())))
			r.clean(t, 2)
		})
	}
}
