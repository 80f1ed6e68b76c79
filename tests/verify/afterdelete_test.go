package verify

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestRegistryIsCleanAfterDeletesAndCollection deletes images in every way that the
// registry offers, some of them twice over, leaves uploads behind and collects
// garbage. What remains of them is litter, which repair removes when it is asked to.
func TestRegistryIsCleanAfterDeletesAndCollection(t *testing.T) {
	everywhere(t, func(t *testing.T, _ *verifytest.Registry, storage string) {
		addr, config := serve(t, storage)
		pushAndDelete(t, addr)
		output, err := exec.CommandContext(t.Context(), binary(t), "garbage-collect", "--delete-untagged", config).CombinedOutput()
		require.NoError(t, err, string(output))

		o := registry(t, "verify", config, "--full", "--upload-age", "1ns")
		require.Equal(t, 0, o.code, o.stdout+o.stderr)
		require.Contains(t, o.stdout, "that are no damage but litter")
		litter := findings(t, config, 0, "--upload-age", "1ns")
		require.NotEmpty(t, litter)
		for _, result := range results(t, config, 0, "--litter", "--upload-age", "1ns") {
			require.Equal(t, repair.WouldRemove, result.Action)
		}
		done := results(t, config, 0, "--litter", "--upload-age", "1ns", "--apply")
		require.Len(t, done, len(litter))
		for p, result := range done {
			require.True(t, litter[p].Kind.Litter(), p)
			require.Equal(t, repair.Removed, result.Action, "%+v", result)
		}
		require.Empty(t, findings(t, config, 0, "--full", "--upload-age", "1ns"))
		for _, repository := range []string{"kept", "moved"} {
			require.NoError(t, pull(tagOf(t, addr, repository, "v1")))
		}
	})
}

// tagOf names an image of a registry.
func tagOf(t *testing.T, addr, repository, tag string) name.Tag {
	t.Helper()
	ref, err := name.NewTag(fmt.Sprintf("%s/%s:%s", addr, repository, tag), name.Insecure)
	require.NoError(t, err)
	return ref
}

// pushAndDelete pushes to several repositories and deletes by tag or by digest from
// all but the first, so that some are left without any image.
func pushAndDelete(t *testing.T, addr string) {
	t.Helper()
	shared, err := random.Image(2000, 1)
	require.NoError(t, err)
	push := func(repository, tag string) name.Digest {
		layer, err := random.Layer(1000, "application/vnd.oci.image.layer.v1.tar+gzip")
		require.NoError(t, err)
		image, err := mutate.AppendLayers(shared, layer)
		require.NoError(t, err)
		ref := tagOf(t, addr, repository, tag)
		require.NoError(t, remote.Write(ref, image))
		d, err := image.Digest()
		require.NoError(t, err)
		return ref.Digest(d.String())
	}
	push("kept", "v1")
	require.NoError(t, remote.Delete(push("by-digest", "v1")))
	push("by-tag", "v1")
	push("by-tag", "v2")
	for _, tag := range []string{"v1", "v2"} {
		require.NoError(t, remote.Delete(tagOf(t, addr, "by-tag", tag)))
	}
	old := push("moved", "v1")
	push("moved", "v1") // the same tag
	require.NoError(t, remote.Delete(old))
	index, err := random.Index(500, 1, 2)
	require.NoError(t, err)
	for _, repository := range []string{"index-by-tag", "index-by-digest"} {
		ref := tagOf(t, addr, repository, "v1")
		require.NoError(t, remote.WriteIndex(ref, index))
		if repository == "index-by-tag" {
			require.NoError(t, remote.Delete(ref))
			continue
		}
		d, err := index.Digest()
		require.NoError(t, err)
		require.NoError(t, remote.Delete(ref.Digest(d.String())))
	}
	abandon(t, addr, "kept")
	abandon(t, addr, "never-pushed")
}

// abandon begins an upload, sends some of it, and leaves it.
func abandon(t *testing.T, addr, repository string) {
	t.Helper()
	location := "http://" + addr + "/v2/" + repository + "/blobs/uploads/"
	for _, step := range []struct {
		method string
		body   []byte
	}{{http.MethodPost, nil}, {http.MethodPatch, verifytest.Noise(1, 1000)}} {
		req, err := http.NewRequestWithContext(t.Context(), step.method, location, bytes.NewReader(step.body))
		require.NoError(t, err)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusAccepted, resp.StatusCode)
		location = resp.Header.Get("Location")
	}
}
