package azure

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

var errByCaller = errors.New("by the caller")

// walkCase is one walk of one tree.
type walkCase struct {
	blobs        []listedBlob
	hierarchical bool
	root         string
	pageSize     int // asked for
	pageLimit    int // given at most
	from, hint   string
	seed         uint64
	skip         uint64 // one entry in so many is answered with ErrSkipDir, 0: none
	stop         int    // after so many entries the walk is ended, 0: never
	stopWith     error
}

// walked is what a walk came to.
type walked struct {
	entries []string
	err     string
}

// visitor records entries, and ends or prunes the walk as the case has it.
// Nothing counts after ErrFilledBuffer.
func (c walkCase) visitor(t *testing.T, to *walked, strict bool) storagedriver.WalkFn {
	filled := false
	return func(info storagedriver.FileInfo) error {
		if filled {
			if strict {
				t.Errorf("%q visited after ErrFilledBuffer", info.Path())
			}
			return storagedriver.ErrFilledBuffer
		}
		entry := info.Path() + "/"
		if !info.IsDir() {
			entry = fmt.Sprintf("%s %d %s", info.Path(), info.Size(), info.ModTime().UTC())
		}
		to.entries = append(to.entries, entry)
		if len(to.entries) == c.stop {
			filled = c.stopWith == storagedriver.ErrFilledBuffer
			return c.stopWith
		}
		if c.skip > 0 && fate(c.seed, info.Path())%c.skip == 0 {
			return storagedriver.ErrSkipDir
		}
		return nil
	}
}

// fate is a number that depends on the path alone.
func fate(seed uint64, path string) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, seed, path)
	return h.Sum64() >> 8
}

// compare runs the case with both walks.
func (c walkCase) compare(t *testing.T) {
	t.Helper()
	service := newListedService(c.blobs, c.hierarchical)
	service.pageLimit = c.pageLimit
	d := service.driver(t, c.root)
	var want, got walked
	err := storagedriver.WalkFallback(t.Context(), d, c.from, c.visitor(t, &want, false), storagedriver.WithStartAfterHint(c.hint))
	want.err = fmt.Sprint(err)
	err = walkBy(t.Context(), d, c.pageSize, c.from, c.visitor(t, &got, true), c.hint)
	got.err = fmt.Sprint(err)
	if got.err != want.err || !slices.Equal(got.entries, want.entries) {
		names := []string{}
		for _, b := range service.blobs {
			names = append(names, fmt.Sprint(b))
		}
		t.Fatalf("%d a page, %d at most, root %q, from %q after %q, skip %d, stop %d %v, seed %d\nblobs:\n  %s\nwant %s\n  %s\ngot %s\n  %s",
			c.pageSize, c.pageLimit, c.root, c.from, c.hint, c.skip, c.stop, c.stopWith, c.seed, strings.Join(names, "\n  "),
			want.err, strings.Join(want.entries, "\n  "), got.err, strings.Join(got.entries, "\n  "))
	}
}

// randomWalk is a tree of names that sort differently as paths and as bytes, and
// a walk of it.
func randomWalk(seed uint64) walkCase {
	random := rand.New(rand.NewPCG(seed, 1))
	c := walkCase{
		seed: seed, hierarchical: random.IntN(4) == 0, root: []string{"", "root"}[random.IntN(2)],
		pageSize: 1 + random.IntN(9), pageLimit: random.IntN(4) * random.IntN(4),
		skip: []uint64{0, 2, 5}[random.IntN(3)], stop: random.IntN(3) * random.IntN(20),
		stopWith: []error{storagedriver.ErrFilledBuffer, storagedriver.ErrSkipDir, errByCaller}[random.IntN(3)],
	}
	paths := []string{"/", "/missing", "/app/missing"}
	for range random.IntN(40) {
		p := randomPath(random)
		paths = append(paths, p, path.Dir(p), path.Dir(path.Dir(p)))
		c.add(random, p)
	}
	if c.hierarchical {
		c.addFolders()
	}
	c.from = paths[random.IntN(len(paths))]
	if random.IntN(2) == 0 {
		c.from = "/"
	}
	if random.IntN(2) == 0 {
		c.hint = path.Join(paths[random.IntN(len(paths))], []string{"", "app-web", "zzz", "_manifests"}[random.IntN(4)])
	}
	return c
}

func randomPath(random *rand.Rand) string {
	parts := []string{"app", "app-web", "app.v2", "app0", "App", "a", "a-b", "_layers", "_manifests", "x", "z"}
	p := ""
	for range 1 + random.IntN(4) {
		p += "/" + parts[random.IntN(len(parts))]
	}
	return p
}

// add adds a blob. A few are destinations of copies that have not succeeded, lie
// outside the root directory, or have a neighbour that no path leads to.
func (c *walkCase) add(random *rand.Rand, p string) {
	b := listedBlob{name: strings.TrimPrefix(path.Join(c.root, p), "/"), size: random.IntN(1000)}
	switch random.IntN(20) {
	case 0:
		b.copying = []string{"pending", "failed", "aborted", "success"}[random.IntN(4)]
	case 1:
		c.put(listedBlob{name: strings.Replace(b.name, "/", "//", 1)})
	case 2:
		b.name = "elsewhere/" + b.name
	}
	c.put(b)
}

// put adds a blob unless there is one of that name.
func (c *walkCase) put(b listedBlob) {
	if !slices.ContainsFunc(c.blobs, func(other listedBlob) bool { return other.name == b.name }) {
		c.blobs = append(c.blobs, b)
	}
}

// addFolders adds the folders as blobs, and takes away files in their place: in
// a hierarchical namespace a name is one or the other, and never empty.
func (c *walkCase) addFolders() {
	folders := map[string]bool{}
	c.blobs = slices.DeleteFunc(c.blobs, func(b listedBlob) bool { return strings.Contains(b.name, "//") })
	for i := range c.blobs {
		for dir := path.Dir(c.blobs[i].name); dir != "."; dir = path.Dir(dir) {
			folders[dir] = true
		}
	}
	c.blobs = slices.DeleteFunc(c.blobs, func(b listedBlob) bool { return folders[b.name] })
	for name := range folders {
		c.blobs = append(c.blobs, listedBlob{name: name, isFolder: true})
	}
}

func TestWalkIsWalkFallback(t *testing.T) {
	quiet(t)
	seeds := uint64(10_000)
	if testing.Short() {
		seeds = 2_000
	}
	for seed := range seeds {
		randomWalk(seed).compare(t)
	}
}

func FuzzWalkIsWalkFallback(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { randomWalk(seed).compare(t) })
}

func TestWalkEndsWithTheContext(t *testing.T) {
	d := newListedService([]listedBlob{{name: "a/b"}}, false).driver(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := d.Walk(ctx, "/a", func(storagedriver.FileInfo) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("Walk: %v, want context.Canceled", err)
	}
}

func TestWalkLeavesOutEmptyFoldersOfAHierarchicalNamespace(t *testing.T) {
	d := newListedService([]listedBlob{{name: "a", isFolder: true}, {name: "b"}}, true).driver(t, "")
	var got walked
	if err := d.Walk(t.Context(), "/", walkCase{}.visitor(t, &got, true)); err != nil {
		t.Fatal(err)
	}
	if len(got.entries) != 1 || !strings.HasPrefix(got.entries[0], "/b ") {
		t.Fatalf("walked %q", got.entries)
	}
}

// Storage Explorer and others store an empty blob "a/" to have a folder.
func TestListAndWalkOfABlobWhoseNameEndsInASlash(t *testing.T) {
	d := newListedService([]listedBlob{{name: "a/"}, {name: "a/b"}}, false).driver(t, "")
	children, err := d.List(t.Context(), "/a")
	if err != nil || !slices.Equal(children, []string{"/a/b"}) {
		t.Fatalf("List: %q, %v", children, err)
	}
	walkCase{blobs: []listedBlob{{name: "a/"}, {name: "a/b"}}, pageSize: 1, from: "/"}.compare(t)
}
