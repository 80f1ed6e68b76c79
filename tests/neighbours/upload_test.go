package neighbours

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

func digestOf(content []byte) string { return digest.FromBytes(content).String() }

// upload is a blob upload by the plain protocol, of which a test decides when each
// part is sent.
type upload struct {
	location string // path and query of the next request, on any replica
}

// answer is what became of a request.
type answer struct {
	status   int
	body     string
	location string
	err      error
}

func startUpload(t *testing.T, r *registrytest.Registry, repository string) *upload {
	t.Helper()
	a := send(t.Context(), http.MethodPost, r.URL()+"/v2/"+repository+"/blobs/uploads/", nil)
	require.NoError(t, a.err)
	require.Equal(t, http.StatusAccepted, a.status, a.body)
	return &upload{location: a.location}
}

// patch is a PATCH request under way.
type patch struct {
	body *io.PipeWriter
	done chan answer
}

// begin starts a PATCH whose body is still to come.
func (u *upload) begin(t *testing.T, r *registrytest.Registry) *patch {
	t.Helper()
	read, write := io.Pipe()
	p := &patch{body: write, done: make(chan answer, 1)}
	go func() {
		a := send(t.Context(), http.MethodPatch, r.URL()+u.location, read)
		read.CloseWithError(errors.New("the request has been answered"))
		p.done <- a
	}()
	return p
}

// write sends a part of the body. The registry may have hung up by then.
func (p *patch) write(content []byte) { _, _ = p.body.Write(content) }

// end ends the body and returns the answer.
func (p *patch) end() answer {
	_ = p.body.Close() // of a pipe: never fails
	return <-p.done
}

// commit ends the upload after the PATCH that was answered so.
func commit(t *testing.T, r *registrytest.Registry, location string, content []byte) answer {
	t.Helper()
	return send(t.Context(), http.MethodPut, r.URL()+location+"&digest="+digestOf(content), bytes.NewReader(nil))
}

func send(ctx context.Context, method, url string, body io.Reader) answer {
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return answer{err: err}
	}
	request.Header.Set("Content-Type", "application/octet-stream")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{err: fmt.Errorf("%s: %w", method, err)}
	}
	a := answer{status: response.StatusCode, body: string(text)}
	if location, err := response.Location(); err == nil {
		a.location = location.RequestURI()
	}
	return a
}
