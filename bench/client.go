package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"github.com/distribution-azure/distribution/v3/bench/replica"
)

// client is a client of a registry. It sends no faster than its limiter lets it.
type client struct {
	ctx      context.Context
	registry string // URL
	http     *http.Client
	limit    *rate.Limiter // of bytes a second
}

const (
	// chunk is the most, in bytes, that a limited client sends at once.
	chunk = 64 << 10

	// slack is how much unused time a limited client makes up for, since sleeping is inexact.
	slack = 10 * time.Millisecond
)

// newClient makes a client that sends so many bytes a second; 0 is without limit.
func newClient(ctx context.Context, registry string, bandwidth int) *client {
	transport := &http.Transport{MaxIdleConnsPerHost: 64, WriteBufferSize: chunk, ReadBufferSize: chunk}
	c := &client{ctx: ctx, registry: registry, http: &http.Client{Transport: transport}, limit: rate.NewLimiter(rate.Inf, chunk)}
	if bandwidth > 0 {
		c.limit = rate.NewLimiter(rate.Limit(bandwidth), max(chunk, int(int64(bandwidth)*int64(slack)/int64(time.Second))))
		transport.DialContext = dialNarrow
	}
	return c
}

// dialNarrow makes a connection on which few bytes are under way. The sockets of
// the loopback interface take in several MiB while nobody reads them, so a slow
// client would look as if it had sent its bytes while the registry was busy with
// others. A link of 100 MB/s and 1 ms holds a tenth of a megabyte.
func dialNarrow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = tcp.SetWriteBuffer(replica.SocketBuffer)
	}
	return conn, err
}

// limited reads as fast as the limiter lets it.
type limited struct {
	*client
	from io.Reader
}

func (l limited) Read(p []byte) (int, error) {
	n, err := l.from.Read(p[:min(len(p), chunk)])
	if waitErr := l.limit.WaitN(l.ctx, n); waitErr != nil {
		return n, waitErr
	}
	return n, err
}

// layer is a layer of noise: the pattern is the same for equal seeds. A layer of
// any size takes the memory of one MiB.
type layer struct {
	digest  string
	size    int64
	pattern []byte
}

func newLayer(seed byte, size int64) layer {
	l := layer{size: size, pattern: bytes.Repeat([]byte{seed}, 1<<20)}
	for i := range l.pattern {
		l.pattern[i] += byte(i * i >> 7)
	}
	sum := sha256.New()
	_, _ = io.Copy(sum, l.part(0, size)) // a hash takes everything
	l.digest = "sha256:" + hex.EncodeToString(sum.Sum(nil))
	return l
}

// part is the layer's content from offset on.
func (l layer) part(offset, size int64) io.Reader {
	return io.LimitReader(&repeated{l.pattern, int(offset % int64(len(l.pattern)))}, min(size, l.size-offset))
}

// repeated reads a pattern over and over.
type repeated struct {
	pattern []byte
	at      int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.pattern[r.at:])
	r.at = (r.at + n) % len(r.pattern)
	return n, nil
}

// push uploads a layer in PATCH requests of at most chunkSize bytes.
func (c *client) push(repository string, l layer, chunkSize int64) error {
	location, err := c.do(http.MethodPost, c.registry+"/v2/"+repository+"/blobs/uploads/", nil, 0, "", http.StatusAccepted)
	for offset := int64(0); err == nil && offset < l.size; offset += chunkSize {
		size := min(chunkSize, l.size-offset)
		span := fmt.Sprintf("%d-%d", offset, offset+size-1)
		location, err = c.do(http.MethodPatch, location, l.part(offset, size), size, span, http.StatusAccepted)
	}
	if err != nil {
		return err
	}
	separator := "?"
	if strings.Contains(location, "?") {
		separator = "&"
	}
	_, err = c.do(http.MethodPut, location+separator+"digest="+url.QueryEscape(l.digest), nil, 0, "", http.StatusCreated)
	return err
}

// do sends a request and returns the Location of the answer.
func (c *client) do(method, target string, body io.Reader, size int64, span string, want int) (location string, err error) {
	if body != nil {
		body = io.NopCloser(limited{c, body})
	}
	req, err := http.NewRequestWithContext(c.ctx, method, target, body)
	if err != nil {
		return "", err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	if span != "" {
		req.Header.Set("Content-Range", span)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != want {
		err = fmt.Errorf("%s %s: %s: %s", method, target, resp.Status, text)
	}
	return resp.Header.Get("Location"), err
}

// get reads an answer to its end and returns its size in bytes.
func (c *client) get(path string) (int64, error) {
	req, err := http.NewRequestWithContext(c.ctx, http.MethodGet, c.registry+path, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Accept", "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json")
	resp, err := c.http.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	n, err := io.Copy(io.Discard, resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s", path, resp.Status)
	}
	return n, err
}
