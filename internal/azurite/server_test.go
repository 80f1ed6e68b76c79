package azurite

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
)

func put(t *testing.T, s *Server, container, name, content string) {
	t.Helper()
	client, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.UploadBuffer(t.Context(), container, name, []byte(content), nil); err != nil {
		t.Fatal(err)
	}
}

// expect fails the test unless the blob holds these bytes.
func expect(t *testing.T, s *Server, container, name, content string) {
	t.Helper()
	client, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(content))
	n, err := client.DownloadBuffer(t.Context(), container, name, got, nil)
	if err != nil || n != int64(len(content)) || string(got) != content {
		t.Fatalf("read %q, %v; want %q", got[:n], err, content)
	}
}

func putAndGet(t *testing.T, s *Server) {
	t.Helper()
	container := s.NewContainer(t)
	put(t, s, container, "a/blob", "some bytes")
	expect(t, s, container, "a/blob", "some bytes")
}

func portOf(t *testing.T, s *Server) int {
	t.Helper()
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func TestServesBlobs(t *testing.T) {
	for name, opts := range map[string]Options{
		"in a temporary folder": {},
		"in memory":             {InMemory: true},
		"over HTTPS":            {HTTPS: true},
	} {
		t.Run(name, func(t *testing.T) {
			putAndGet(t, ForTest(t, opts))
		})
	}
}

func TestMemoryLimitIsKept(t *testing.T) {
	s := ForTest(t, Options{InMemory: true, MemoryLimit: 1 << 20})
	client, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.UploadBuffer(t.Context(), s.NewContainer(t), "blob", make([]byte, 2<<20), nil)
	if !bloberror.HasCode(err, "MemoryExtentStoreAtSizeLimit") {
		t.Errorf("2 MiB in 1 MiB: %v", err)
	}
}

func TestOptionsThatContradictEachOther(t *testing.T) {
	for _, opts := range []Options{
		{OAuth: true},
		{InMemory: true, Dir: t.TempDir()},
		{MemoryLimit: 1},
	} {
		if s, err := Start(t.Context(), opts); err == nil {
			t.Errorf("%+v was accepted", opts)
			_ = s.Stop()
		}
	}
}

func TestStartEndsWithItsContext(t *testing.T) {
	if err := Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("waited long enough")
	cancel(enough)
	if s, err := Start(ctx, Options{InMemory: true}); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
		if err == nil {
			_ = s.Stop()
		}
	}
}

// locked is a buffer that may be read while it is written to.
type locked struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestLogReceivesTheOutput(t *testing.T) {
	var log locked
	s := ForTest(t, Options{InMemory: true, Log: &log})
	address := strings.TrimSuffix(s.URL, "/"+Account)
	if !strings.Contains(log.String(), address) {
		t.Errorf("the log doesn't name %s: %q", address, log.String())
	}
}
