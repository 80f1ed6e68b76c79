package verifytest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// Azure is a container, our driver for it, and an old-style writer into it.
type Azure struct {
	Driver    *azure.Driver
	Container string
	Server    *azurite.Server

	client *container.Client
	losses *lossyTransport
	mu     sync.Mutex // one append at a time, so that losses are for the right one
}

// NewAzure makes a container in Azurite.
func NewAzure(tb testing.TB) *Azure {
	tb.Helper()
	srv := azurite.Shared(tb)
	a := &Azure{Container: srv.NewContainer(tb), Server: srv, losses: &lossyTransport{inner: srv.HTTPClient()}}
	var err error
	a.Driver, err = azure.New(tb.Context(), &azure.DriverParameters{
		AccountName: srv.Account, AccountKey: srv.Key, ServiceURL: srv.URL, Container: a.Container,
	})
	mustNot(tb, err)
	credential, err := container.NewSharedKeyCredential(srv.Account, srv.Key)
	mustNot(tb, err)
	options := &container.ClientOptions{}
	options.Transport = a.losses
	options.Retry = policy.RetryOptions{MaxRetries: 10, RetryDelay: time.Millisecond, MaxRetryDelay: time.Millisecond}
	a.client, err = container.NewClientWithSharedKeyCredential(srv.URL+"/"+a.Container, credential, options)
	mustNot(tb, err)
	return a
}

// Create makes an empty append blob.
func (a *Azure) Create(ctx context.Context, path string) error {
	if _, err := a.client.NewAppendBlobClient(blobName(path)).Create(ctx, nil); err != nil {
		return fmt.Errorf("creating %s: %w", path, err)
	}
	return nil
}

// Append appends a block with the SDK, without a position. The SDK sends it again
// when no answer comes.
func (a *Azure) Append(ctx context.Context, path string, block []byte, lost int) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.losses.arm(lost)
	body := streaming.NopCloser(bytes.NewReader(block))
	if _, err := a.client.NewAppendBlobClient(blobName(path)).AppendBlock(ctx, body, nil); err != nil {
		return fmt.Errorf("appending %d bytes to %s: %w", len(block), path, err)
	}
	if left := a.losses.left(); left > 0 {
		return fmt.Errorf("appending to %s: %d answers were to be lost and were not", path, left)
	}
	return nil
}

// blobName is the name of the blob at a path, for a driver without a root directory.
func blobName(path string) string { return strings.TrimPrefix(path, "/") }

// lossyTransport carries appends out and loses so many of their answers.
type lossyTransport struct {
	inner *http.Client
	mu    sync.Mutex
	lose  int
}

func (t *lossyTransport) arm(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lose = n
}

func (t *lossyTransport) left() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.lose
}

// Do implements policy.Transporter.
func (t *lossyTransport) Do(req *http.Request) (*http.Response, error) {
	resp, err := t.inner.Do(req) //nolint:gosec // to Azurite, where the SDK sends it
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil || t.lose == 0 || req.URL.Query().Get("comp") != "appendblock" || resp.StatusCode != http.StatusCreated {
		return resp, err
	}
	t.lose--
	_, err = io.Copy(io.Discard, resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return nil, err
	}
	return nil, errLost
}
