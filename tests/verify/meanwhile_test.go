package verify

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// specimen is one damaged file, to which something happens while it is repaired.
type specimen struct {
	path string   // of the finding
	keys []string // paths whose requests are about it
	// push does what a client does, and returns the file that holds what the client
	// was told is stored, with its content; empty if it was told nothing.
	push func(ctx context.Context) (path, content string)
	// drop deletes what is damaged, as the registry does.
	drop    func(ctx context.Context)
	deleted string // the file that drop deletes, if it isn't that of the finding
	// mended is what the file holds when it was repaired; empty if it is away then.
	mended string

	requests int
	struck   bool
	stored   string // what push returned
	content  string
}

// meanwhile are the kinds of finding that repair writes to: each makes so many
// specimens in a registry.
var meanwhile = []struct {
	name string
	make func(t *testing.T, r *verifytest.Registry, n int) []*specimen
	n    int // more than repair sends requests about one
}{
	{"layer", damagedLayers, 40},
	{"lost layer", lostLayers, 34},
	{"empty layer", emptyLayers, 34},
	{"flipped layer", flippedLayers, 34},
	{"manifest", damagedManifests, 40},
	{"layer link", damagedLayerLinks, 34},
	{"revision", damagedRevisions, 34},
	{"tag", damagedTags, 34},
	{"missing link", missingLinks, 30},
	{"dangling link", danglingLinks, 14},
	{"upload", abandonedUploads, 14},
}

// TestNothingAcknowledgedIsLostMeanwhile lets the binary repair many files of a
// kind. At the first request about the first, at the second about the second and so
// on, reading or writing, a push, a delete or a second repair of that file happens.
func TestNothingAcknowledgedIsLostMeanwhile(t *testing.T) {
	t.Parallel()
	for _, kind := range meanwhile {
		for _, event := range []string{"push", "delete", "repair"} {
			t.Run(kind.name+" and "+event, func(t *testing.T) {
				t.Parallel()
				a := verifytest.NewAzure(t)
				r := verifytest.New(t, a.Driver, a)
				specimens := kind.make(t, r, kind.n)
				from, found := reportWithLitter(t, r)
				p := newProxy(t, a)
				p.before = watching(specimens, func(s *specimen) { strike(t, a, s, event, found[s.path]) })
				config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
				o := registry(t, "repair", config, "--from", from, "--apply", "--quarantine", "--litter", "--format", "json")
				require.NotEqual(t, 2, o.code, o.stderr)
				struck := 0
				for _, s := range specimens {
					requireKept(t, a.Driver, s, event)
					if s.struck {
						struck++
					}
				}
				require.Greater(t, struck, 4)
				require.False(t, specimens[kind.n-1].struck, "there are more requests than specimens")
			})
		}
	}
}

// watching counts requests by the specimen that they are about: one whose path they
// name, or else the last one, because repair goes from one finding to the next.
func watching(specimens []*specimen, strike func(*specimen)) func(*http.Request) {
	var mu sync.Mutex
	current := -1
	return func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		source, _ := url.PathUnescape(r.Header.Get("X-Ms-Copy-Source"))
		about := r.URL.Path + " " + source + " " + r.URL.Query().Get("prefix")
		for i, s := range specimens {
			for _, key := range s.keys {
				if strings.Contains(about, strings.TrimPrefix(key, "/")) {
					current = i
				}
			}
		}
		if current < 0 {
			return
		}
		s := specimens[current]
		if s.requests++; s.requests == current+1 {
			s.struck = true
			strike(s)
		}
	}
}

// strike lets something happen to a specimen, past the proxy.
func strike(t *testing.T, a *verifytest.Azure, s *specimen, event string, f verify.Finding) {
	switch event {
	case "push":
		s.stored, s.content = s.push(t.Context())
	case "delete":
		s.drop(t.Context())
	case "repair":
		o := repair.Options{Apply: true, Quarantine: true, Litter: true}
		_, err := repair.Run(t.Context(), a.Driver, []verify.Finding{f}, o, func(repair.Result) error { return nil })
		assert.NoError(t, err)
	}
}

// requireKept demands that what happened to the specimen meanwhile has stayed.
func requireKept(t *testing.T, driver storagedriver.StorageDriver, s *specimen, event string) {
	t.Helper()
	held, err := driver.GetContent(t.Context(), s.path)
	gone := errors.As(err, &storagedriver.PathNotFoundError{})
	switch {
	case !s.struck || event == "repair":
		require.Equal(t, s.mended == "", gone, "request %d: %v", s.requests, err)
		require.Equal(t, s.mended, string(held), "request %d", s.requests)
	case event == "delete":
		_, err = driver.Stat(t.Context(), cmp.Or(s.deleted, s.path))
		require.ErrorAs(t, err, &storagedriver.PathNotFoundError{}, "request %d: came back", s.requests)
	case s.stored != "":
		held, err = driver.GetContent(t.Context(), s.stored)
		require.NoError(t, err, "request %d", s.requests)
		require.Equal(t, s.content, string(held), "request %d", s.requests)
	}
}
