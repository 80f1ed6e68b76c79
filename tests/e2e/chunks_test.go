package e2e

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// rawUpload is a blob upload by the plain protocol, one request at a time.
type rawUpload struct {
	repository string
	location   string // path and query of the next request, on any replica
}

// answerError is an answer of the registry that says that something could not be done.
type answerError struct {
	what   string
	status int
	body   string
}

func (e *answerError) Error() string { return fmt.Sprintf("%s: %d %s", e.what, e.status, e.body) }

func startUpload(ctx context.Context, r *registrytest.Registry, repository string) (*rawUpload, error) {
	u := &rawUpload{repository: repository, location: "/v2/" + repository + "/blobs/uploads/"}
	response, err := u.send(ctx, r, http.MethodPost, u.location, nil, nil)
	if err != nil {
		return nil, err
	}
	return u, u.follow(response, http.StatusAccepted)
}

// patch sends the next chunk, which begins at offset of the blob.
func (u *rawUpload) patch(ctx context.Context, r *registrytest.Registry, offset int, chunk []byte) error {
	header := http.Header{"Content-Range": {fmt.Sprintf("%d-%d", offset, offset+len(chunk)-1)}}
	response, err := u.send(ctx, r, http.MethodPatch, u.location, header, bytes.NewReader(chunk))
	if err != nil {
		return err
	}
	if err := u.follow(response, http.StatusAccepted); err != nil {
		return err
	}
	if want, got := fmt.Sprintf("0-%d", offset+len(chunk)-1), response.Header.Get("Range"); got != want {
		return &answerError{fmt.Sprintf("PATCH at %d", offset), response.StatusCode, fmt.Sprintf("has %q instead of %q", got, want)}
	}
	return nil
}

// commit ends the upload.
func (u *rawUpload) commit(ctx context.Context, r *registrytest.Registry, wanted digest.Digest, last []byte) error {
	location, err := url.Parse(u.location)
	if err != nil {
		return err
	}
	query := location.Query()
	query.Set("digest", wanted.String())
	location.RawQuery = query.Encode()
	response, err := u.send(ctx, r, http.MethodPut, location.String(), nil, bytes.NewReader(last))
	if err != nil {
		return err
	}
	return u.follow(response, http.StatusCreated)
}

// status asks how much of the upload is stored, and where it goes on.
func (u *rawUpload) status(t testing.TB, r *registrytest.Registry) string {
	t.Helper()
	response, err := u.send(t.Context(), r, http.MethodGet, u.location, nil, nil)
	require.NoError(t, err)
	require.NoError(t, u.follow(response, http.StatusNoContent))
	return response.Header.Get("Range")
}

func (u *rawUpload) send(ctx context.Context, r *registrytest.Registry, method, location string, header http.Header, body io.Reader) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, "http://"+r.Address+location, body)
	if err != nil {
		return nil, err
	}
	request.Header = header.Clone()
	if request.Header == nil {
		request.Header = http.Header{}
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	return http.DefaultClient.Do(request)
}

// follow checks an answer and keeps where it says that the upload goes on.
func (u *rawUpload) follow(response *http.Response, want int) error {
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != want {
		return &answerError{response.Request.Method, response.StatusCode, string(body)}
	}
	location, err := response.Location()
	if err != nil {
		return err
	}
	u.location = location.RequestURI()
	return nil
}

// pushChunks uploads content in PATCH requests of at most size bytes, each to the next of the
// replicas.
func pushChunks(ctx context.Context, repository string, content []byte, size int, replicas ...*registrytest.Registry) (digest.Digest, error) {
	wanted := digest.FromBytes(content)
	turn := 0
	next := func() *registrytest.Registry {
		turn++
		return replicas[turn%len(replicas)]
	}
	u, err := startUpload(ctx, next(), repository)
	if err != nil {
		return wanted, err
	}
	for offset := 0; offset < len(content); offset += size {
		chunk := content[offset:min(offset+size, len(content))]
		if err := u.patch(ctx, next(), offset, chunk); err != nil {
			return wanted, err
		}
	}
	return wanted, u.commit(ctx, next(), wanted, nil)
}

func digestOf(content []byte) digest.Digest { return digest.FromBytes(content) }

// pullBlob reads a blob by its digest.
func pullBlob(ctx context.Context, r *registrytest.Registry, repository string, wanted digest.Digest) ([]byte, error) {
	address := "http://" + r.Address + "/v2/" + repository + "/blobs/" + wanted.String()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = &answerError{"GET", response.StatusCode, string(body)}
	}
	return body, err
}
