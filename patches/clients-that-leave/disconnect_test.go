package handlers

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/distribution/distribution/v3/internal/dcontext"
)

// lockedBuffer is written to by the registry and read by its test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// logInto collects what the registry logs while the test runs.
func logInto(t *testing.T) *lockedBuffer {
	t.Helper()
	logged := new(lockedBuffer)
	logger := logrus.New()
	logger.SetOutput(logged)
	before := dcontext.GetLogger(t.Context())
	dcontext.SetDefaultLogger(logrus.NewEntry(logger))
	t.Cleanup(func() { dcontext.SetDefaultLogger(before) })
	return logged
}

// A client that sends half of a body and goes away is no error of the registry.
func TestClientThatGoesAwayIsNoError(t *testing.T) {
	env := newTestEnv(t, true)
	defer env.Shutdown()
	behind := &busyRegistry{t: t, url: env.server.URL}
	for _, c := range []struct{ method, target, contentType string }{
		{http.MethodPatch, behind.upload(), "application/octet-stream"},
		{http.MethodPut, behind.upload() + "&digest=sha256:" + strings.Repeat("0", 64), "application/octet-stream"},
		{http.MethodPut, "/v2/some/app/manifests/latest", "application/vnd.oci.image.manifest.v1+json"},
	} {
		t.Run(c.method, func(t *testing.T) {
			logged := logInto(t)
			connection, err := net.Dial("tcp", strings.TrimPrefix(env.server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, err = fmt.Fprintf(connection, "%s %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: 10\r\n\r\nhalf",
				c.method, c.target, connection.RemoteAddr(), c.contentType)
			if err != nil {
				t.Fatal(err)
			}
			if err := connection.Close(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(10 * time.Second); !strings.Contains(logged.String(), "http.response.status=499"); {
				if time.Now().After(deadline) {
					t.Fatalf("no response with status 499 was logged:\n%s", logged)
				}
				time.Sleep(time.Millisecond)
			}
			if strings.Contains(logged.String(), "level=error") {
				t.Errorf("it was logged as an error:\n%s", logged)
			}
		})
	}
}
