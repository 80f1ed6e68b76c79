package clients

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// descriptor is what a manifest says of a blob.
type descriptor struct {
	MediaType string `json:"mediaType"`
	Digest    string `json:"digest"`
	Size      int    `json:"size"`
}

func bySHA256(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }
func bySHA512(content []byte) string { return fmt.Sprintf("sha512:%x", sha512.Sum512(content)) }

// send makes a request and returns the answer, whose body is read.
func send(t *testing.T, method, url, contentType string, content []byte) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(content))
	require.NoError(t, err)
	request.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}

// upload begins an upload and returns where it goes on.
func upload(t *testing.T, r *server, repository string) string {
	t.Helper()
	response, body := send(t, http.MethodPost, r.url("%s/blobs/uploads/", repository), "", nil)
	require.Equal(t, http.StatusAccepted, response.StatusCode, body)
	location, err := response.Location()
	require.NoError(t, err)
	return location.String()
}

// pushBlob pushes a blob in one piece, under the digest that it is given.
func pushBlob(t *testing.T, r *server, repository, mediaType, digest string, content []byte) descriptor {
	t.Helper()
	url := upload(t, r, repository) + "&digest=" + digest
	response, body := send(t, http.MethodPut, url, "application/octet-stream", content)
	require.Equal(t, http.StatusCreated, response.StatusCode, body)
	return descriptor{mediaType, digest, len(content)}
}

// putManifest puts what a text describes, and returns the answer.
func putManifest(t *testing.T, r *server, repository, tag, mediaType string, manifest any) (*http.Response, string) {
	t.Helper()
	text, err := json.Marshal(manifest)
	require.NoError(t, err)
	return send(t, http.MethodPut, r.url("%s/manifests/%s", repository, tag), mediaType, text)
}

const (
	ociManifest = "application/vnd.oci.image.manifest.v1+json"
	ociIndex    = "application/vnd.oci.image.index.v1+json"
	ociConfig   = "application/vnd.oci.image.config.v1+json"
	ociLayer    = "application/vnd.oci.image.layer.v1.tar"
)

// manifest is an OCI manifest as it is sent.
type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

// oddBlobs are an empty layer, a layer that is named twice, and one that is the config too.
func oddBlobs(t *testing.T, r *server) {
	config, nothing := []byte(`{"architecture":"amd64","os":"linux"}`), []byte{}
	asConfig := pushBlob(t, r, "odd/app", ociConfig, bySHA256(config), config)
	empty := pushBlob(t, r, "odd/app", ociLayer, bySHA256(nothing), nothing)
	alike := descriptor{ociLayer, asConfig.Digest, asConfig.Size}
	for tag, layers := range map[string][]descriptor{
		"empty": {empty}, "twice": {empty, empty, alike, alike}, "none": {},
	} {
		response, body := putManifest(t, r, "odd/app", tag, ociManifest, manifest{2, ociManifest, asConfig, layers})
		require.Equal(t, http.StatusCreated, response.StatusCode, body)
	}
}

// sha512Digests is a layer that is pushed and named by its SHA-512, and by its SHA-256.
func sha512Digests(t *testing.T, r *server) {
	config, layer := []byte(`{"architecture":"arm64","os":"linux"}`), []byte("a layer that is named by its SHA-512")
	asConfig := pushBlob(t, r, "sha512/app", ociConfig, bySHA256(config), config)
	named := pushBlob(t, r, "sha512/app", ociLayer, bySHA512(layer), layer)
	again := descriptor{ociLayer, bySHA256(layer), len(layer)}
	both := manifest{2, ociManifest, asConfig, []descriptor{named, again}}
	response, body := putManifest(t, r, "sha512/app", "1", ociManifest, both)
	require.Equal(t, http.StatusCreated, response.StatusCode, body)
	response, body = putManifest(t, r, "sha512/app", "plain", ociManifest, manifest{2, ociManifest, asConfig, []descriptor{again}})
	require.Equal(t, http.StatusCreated, response.StatusCode, body)
	// The registry names manifests by SHA-256 only. Once it takes this, it has to be clean too.
	text, err := json.Marshal(both)
	require.NoError(t, err)
	response, body = putManifest(t, r, "sha512/app", bySHA512(text), ociManifest, both)
	t.Logf("a manifest by its own SHA-512: %s %s", response.Status, body)
}

// buildCache is BuildKit's cache: as a manifest, and in its older form as an index of what
// are layers, as far as the registry takes it.
func buildCache(t *testing.T, r *server) {
	config, layer := []byte(`{"layers":[],"records":[]}`), []byte("a cached layer")
	asConfig := pushBlob(t, r, "cache/app", "application/vnd.buildkit.cacheconfig.v0", bySHA256(config), config)
	asLayer := pushBlob(t, r, "cache/app", ociLayer, bySHA256(layer), layer)
	response, body := putManifest(t, r, "cache/app", "manifest", ociManifest, manifest{2, ociManifest, asConfig, []descriptor{asLayer}})
	require.Equal(t, http.StatusCreated, response.StatusCode, body)
	response, body = putManifest(t, r, "cache/app", "index", ociIndex, map[string]any{
		"schemaVersion": 2, "mediaType": ociIndex, "manifests": []descriptor{asLayer, asConfig},
	})
	t.Logf("an index of layers: %s %s", response.Status, body)
}

// unfinished is a push that ended before its layer did, beside one that was cancelled.
func unfinished(t *testing.T, r *server) {
	pushImage(t, r, "unfinished/app:1", image(t, "finished", "amd64"))
	begun := upload(t, r, "unfinished/app")
	response, body := send(t, http.MethodPatch, begun, "application/octet-stream", []byte(strings.Repeat("begun", 1000)))
	require.Equal(t, http.StatusAccepted, response.StatusCode, body)
	upload(t, r, "unfinished/only")
	response, body = send(t, http.MethodDelete, upload(t, r, "unfinished/app"), "", nil)
	require.Equal(t, http.StatusNoContent, response.StatusCode, body)
}
