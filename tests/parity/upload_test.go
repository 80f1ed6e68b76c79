package parity

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// upload is a blob's by the plain protocol, one request at a time.
type upload struct {
	*lab
	registry   *registrytest.Registry
	repository string
	location   string // of the next request
}

func (l *lab) upload(r *registrytest.Registry, repository string) *upload {
	u := &upload{lab: l, registry: r, repository: repository}
	started := l.ask(http.MethodPost, r.URL()+"/v2/"+repository+"/blobs/uploads/", nil, nil)
	require.Equal(l, http.StatusAccepted, started.status, "%s", started.body)
	u.follow(started)
	return u
}

// follow keeps where an answer says that the upload goes on.
func (u *upload) follow(a answer) {
	if next := a.header.Get("Location"); next != "" {
		base, err := url.Parse(u.registry.URL())
		require.NoError(u, err)
		location, err := base.Parse(next)
		require.NoError(u, err)
		u.location = location.String()
	}
}

var binaryContent = http.Header{"Content-Type": {"application/octet-stream"}}

// patch sends the next bytes.
func (u *upload) patch(body io.Reader) answer {
	a := u.ask(http.MethodPatch, u.location, binaryContent.Clone(), body)
	if a.status == http.StatusAccepted {
		u.follow(a)
	}
	return a
}

// commit ends the upload.
func (u *upload) commit(wanted digest.Digest) answer {
	a, err := u.tryCommit(u.ctx, wanted)
	require.NoError(u, err)
	return a
}

func (u *upload) tryCommit(ctx context.Context, wanted digest.Digest) (answer, error) {
	location, err := url.Parse(u.location)
	if err != nil {
		return answer{}, err
	}
	query := location.Query()
	query.Set("digest", wanted.String())
	location.RawQuery = query.Encode()
	return u.tryAsk(ctx, http.MethodPut, location.String(), binaryContent.Clone(), nil)
}

// pushLayer uploads content in that many PATCH requests; it returns an error for what the registry refused.
func (l *lab) pushLayer(r *registrytest.Registry, repository string, content []byte, parts int) error {
	started, err := l.tryAsk(l.ctx, http.MethodPost, r.URL()+"/v2/"+repository+"/blobs/uploads/", nil, nil)
	if err != nil || started.status != http.StatusAccepted {
		return fmt.Errorf("POST: %d %s (%w)", started.status, started.body, err)
	}
	u := &upload{lab: l, registry: r, repository: repository}
	u.follow(started)
	size := (len(content) + parts - 1) / parts
	for offset := 0; offset < len(content); offset += size {
		chunk := content[offset:min(offset+size, len(content))]
		if a := u.patch(bytes.NewReader(chunk)); a.status != http.StatusAccepted {
			return fmt.Errorf("PATCH at %d: %d %s", offset, a.status, a.body)
		}
	}
	if a := u.commit(digest.FromBytes(content)); a.status != http.StatusCreated {
		return fmt.Errorf("PUT: %d %s", a.status, a.body)
	}
	return nil
}

// pullLayer reads a layer by its digest, and fails if it isn't that.
func (l *lab) pullLayer(r *registrytest.Registry, repository string, content []byte) error {
	wanted := digest.FromBytes(content)
	a, err := l.tryAsk(l.ctx, http.MethodGet, r.URL()+"/v2/"+repository+"/blobs/"+wanted.String(), nil, nil)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK || digest.FromBytes(a.body) != wanted {
		return fmt.Errorf("GET: %d, %d bytes instead of %d", a.status, len(a.body), len(content))
	}
	return nil
}
