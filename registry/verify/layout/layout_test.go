package layout_test

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

func TestParseIsTheInverseOfPath(t *testing.T) {
	for _, d := range []digest.Digest{digest.FromString("a"), digest.SHA512.FromString("b")} {
		for _, e := range []layout.Entry{
			{Kind: layout.Blob, Digest: d},
			{Kind: layout.LayerLink, Repository: "a/b-c/d_e", Digest: d},
			{Kind: layout.RevisionLink, Repository: "blobs", Digest: d},
			{Kind: layout.TagCurrent, Repository: "a/link", Name: "_latest"},
			{Kind: layout.TagIndex, Repository: "a", Name: "current", Digest: d},
			{Kind: layout.Upload, Repository: "a", Name: "5f0e", File: "hashstates/sha256/12"},
		} {
			require.Equal(t, e, layout.Parse(e.Path()), e.Path())
		}
	}
}

func TestParseRefusesWhatIsNoPartOfTheLayout(t *testing.T) {
	hex := digest.FromString("a").Encoded()
	other := "00"
	if strings.HasPrefix(hex, other) {
		other = "01"
	}
	for _, p := range []string{
		"/docker/registry/v2",
		"/docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex,
		"/docker/registry/v2/blobs/sha256/" + other + "/" + hex + "/data",
		"/docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex[:60] + "/data",
		"/docker/registry/v2/blobs/md5/" + hex[:2] + "/" + hex + "/data",
		"/docker/registry/v2/blobs/sha256/" + hex[:2] + "/" + hex + "/data.tmp",
		"/docker/registry/v2/repositories/a/_layers/sha256/" + hex,
		"/docker/registry/v2/repositories/a/_layers/sha256/" + strings.ToUpper(hex) + "/link",
		"/docker/registry/v2/repositories/_layers/sha256/" + hex + "/link",
		"/docker/registry/v2/repositories/a/_manifests/tags/latest/current",
		"/docker/registry/v2/repositories/a/_manifests/tags/latest/index/link",
		"/docker/registry/quarantine/sha256/data",
		"/docker/registry/v2-other/blobs/sha256/" + hex[:2] + "/" + hex + "/data",
	} {
		require.Equal(t, layout.Unknown, layout.Parse(p).Kind, p)
	}
}

func TestQuarantineIsNotWalkedByTheRegistry(t *testing.T) {
	require.False(t, strings.HasPrefix(layout.Quarantine, layout.Root))
	require.False(t, strings.HasPrefix(layout.Root, layout.Quarantine))
}
