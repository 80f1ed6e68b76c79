package service

import (
	"bytes"
	"errors"
	"io"
	"sync"
)

// errBodyReleased is what a transport gets that reads on after the call.
var errBodyReleased = errors.New("the request is over")

// pieceOfBody is how much a transport is given at a time, so that movement is
// seen on a slow link.
const pieceOfBody = 64 << 10

// body is the body of one request. The HTTP transport may go on reading it after
// an early answer (net/http, RoundTripper); release ends that, so that the bytes
// can be used for the next block. It hides bytes.Reader's WriteTo on purpose,
// which would lend the bytes out beyond a single Read.
type body struct {
	moved func() // called with each piece that is handed over

	mu       sync.Mutex
	content  *bytes.Reader
	released bool
}

var _ io.ReadSeekCloser = (*body)(nil)

func newBody(p []byte, moved func()) *body { return &body{moved: moved, content: bytes.NewReader(p)} }

// release waits for a Read under way and lets no other begin.
func (b *body) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.released = true
}

func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.released {
		return 0, errBodyReleased
	}
	b.moved()
	return b.content.Read(p[:min(len(p), pieceOfBody)])
}

func (b *body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.content.Seek(offset, whence)
}

// Close does nothing: the SDK rewinds a body to send it, and release ends it.
func (b *body) Close() error { return nil }
