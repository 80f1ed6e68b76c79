package azurite

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"testing"
	"time"
)

// installTimeout bounds the start of a server for a test, which may include downloading
// Azurite.
const installTimeout = 5 * time.Minute

// ForTest starts a server for one test, which fails if it can't, and stops it when the
// test ends.
func ForTest(t testing.TB, opts Options) *Server {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), installTimeout)
	defer cancel()
	s, err := Start(ctx, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
	})
	return s
}

var startShared = sync.OnceValues(func() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), installTimeout)
	defer cancel()
	return Start(ctx, Options{InMemory: true})
})

// Shared returns the one in-memory HTTP server of this test binary, started by the first
// call. It ends with the binary; nobody may stop it. Tests keep out of each other's way by
// working in a container of their own: see [Server.NewContainer].
func Shared(t testing.TB) *Server {
	t.Helper()
	s, err := startShared()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// NewContainer makes an empty container for one test and returns its name. The container
// is deleted when the test ends.
func (s *Server) NewContainer(t testing.TB) string {
	t.Helper()
	name := "test-" + strings.ToLower(rand.Text())
	if err := s.CreateContainer(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.deleteContainer(t, name) })
	return name
}

func (s *Server) deleteContainer(t testing.TB, name string) {
	client, err := s.Client()
	if err == nil {
		_, err = client.DeleteContainer(context.WithoutCancel(t.Context()), name, nil)
	}
	if err != nil {
		t.Errorf("azurite: deleting container %s: %v", name, err)
	}
}
