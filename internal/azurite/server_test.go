package azurite

import (
	"bytes"
	"testing"
)

// putAndGet stores a blob through the SDK and reads it back.
func putAndGet(t *testing.T, s *Server) {
	t.Helper()
	container := s.NewContainer(t)
	client, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	want := []byte("some bytes")
	if _, err := client.UploadBuffer(t.Context(), container, "a/blob", want, nil); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(want))
	if _, err := client.DownloadBuffer(t.Context(), container, "a/blob", got, nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("read %q, want %q", got, want)
	}
}

func TestServesBlobs(t *testing.T) {
	for name, opts := range map[string]Options{
		"in a temporary folder":  {},
		"in memory":              {InMemory: true},
		"with a memory limit":    {InMemory: true, MemoryLimit: 1 << 20},
		"over HTTPS":             {HTTPS: true},
		"with token credentials": {HTTPS: true, OAuth: true},
	} {
		t.Run(name, func(t *testing.T) {
			putAndGet(t, ForTest(t, opts))
		})
	}
}
