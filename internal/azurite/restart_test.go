package azurite

import (
	"testing"
)

func TestDataOutlivesTheServer(t *testing.T) {
	opts := Options{Dir: t.TempDir()}
	first := ForTest(t, opts)
	if err := first.CreateContainer(t.Context(), "kept"); err != nil {
		t.Fatal(err)
	}
	put(t, first, "kept", "a/blob", "some bytes")
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}

	second := ForTest(t, opts)
	expect(t, second, "kept", "a/blob", "some bytes")
}

// TestRestartAtTheSamePort is what a test does that takes the storage away for a while.
func TestRestartAtTheSamePort(t *testing.T) {
	opts := Options{Dir: t.TempDir()}
	first := ForTest(t, opts)
	if err := first.CreateContainer(t.Context(), "kept"); err != nil {
		t.Fatal(err)
	}
	opts.Port = portOf(t, first)
	if err := first.Stop(); err != nil {
		t.Fatal(err)
	}
	second := ForTest(t, opts)
	if second.URL != first.URL {
		t.Errorf("restarted at %s, want %s", second.URL, first.URL)
	}
	put(t, second, "kept", "a/blob", "some bytes")
}

func TestServersAreApart(t *testing.T) {
	one, other := ForTest(t, Options{InMemory: true}), ForTest(t, Options{InMemory: true})
	for _, s := range []*Server{one, other} {
		if err := s.CreateContainer(t.Context(), "same-name"); err != nil {
			t.Fatal(err)
		}
	}
	put(t, one, "same-name", "blob", "one")
	put(t, other, "same-name", "blob", "other")
	expect(t, one, "same-name", "blob", "one")
	expect(t, other, "same-name", "blob", "other")
}

func TestTakenPortIsAnError(t *testing.T) {
	port := portOf(t, ForTest(t, Options{InMemory: true}))
	if s, err := Start(t.Context(), Options{InMemory: true, Port: port}); err == nil {
		t.Errorf("a second server started at port %d", port)
		_ = s.Stop()
	}
}

func TestSharedIsOneServer(t *testing.T) {
	if one, other := Shared(t), Shared(t); one != other {
		t.Error("two calls gave two servers")
	}
	putAndGet(t, Shared(t))
}

// TestStopRightAfterStart met a server that did not listen to its shutdown yet, waited for
// its patience to end, and failed.
func TestStopRightAfterStart(t *testing.T) {
	for range 3 {
		s, err := Start(t.Context(), Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}
