package azure

import (
	"fmt"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

const layoutPrefix = "docker/registry/v2/"

// registryBlobs is a registry of so many repositories, each with its layers, one
// revision and one tag, and the layers' blobs.
func registryBlobs(repositories, layers int) []listedBlob {
	var blobs []listedBlob
	add := func(format string, args ...any) {
		blobs = append(blobs, listedBlob{name: layoutPrefix + fmt.Sprintf(format, args...)})
	}
	for r := range repositories {
		name := []string{"app%d", "app-%d", "team/app.%d", "team-%[1]d/app"}[r%4]
		repository := "repositories/" + fmt.Sprintf(name, r)
		for l := range layers {
			digest := fmt.Sprintf("%016x", fate(uint64(r), fmt.Sprint(l)))[8:] + strings.Repeat("0", 56)
			add("%s/_layers/sha256/%s/link", repository, digest)
			add("blobs/sha256/%s/%s/data", digest[:2], digest)
		}
		digest := fmt.Sprintf("%064x", r)
		add("%s/_manifests/revisions/sha256/%s/link", repository, digest)
		add("%s/_manifests/tags/latest/current/link", repository)
		add("%s/_manifests/tags/latest/index/sha256/%s/link", repository, digest)
	}
	return blobs
}

// registryShapes are registries of different shape with about n blobs.
func registryShapes(n int) map[string][]listedBlob {
	return map[string][]listedBlob{
		"many small repositories": registryBlobs(n/13, 5),
		"some repositories":       registryBlobs(n/400, 200),
		"a few large ones":        registryBlobs(4, n/8),
	}
}

func TestWalkCostsAFewRequestsMoreThanThereArePages(t *testing.T) {
	// 1,000 blobs are one page, and the issue asks for 400 requests at 100,000.
	for n, most := range map[int]int{1_000: 1, 10_000: 20, 100_000: 100} {
		for shape, blobs := range registryShapes(n) {
			t.Run(fmt.Sprintf("%d blobs, %s", len(blobs), shape), func(t *testing.T) {
				service := newListedService(blobs, false)
				files := 0
				err := service.driver(t, "").Walk(t.Context(), "/", func(info storagedriver.FileInfo) error {
					if !info.IsDir() {
						files++
					}
					return nil
				})
				t.Logf("%d requests", service.requests.Load())
				if err != nil || files != len(blobs) {
					t.Errorf("%d files, %v", files, err)
				}
				if service.requests.Load() > int64(most) {
					t.Errorf("%d requests, at most %d", service.requests.Load(), most)
				}
			})
		}
	}
}

// catalog walks like upstream's catalog: into no folder of a repository.
func catalog(service *listedService, t *testing.T, last string, page int) (repositories int) {
	root := "/" + layoutPrefix + "repositories"
	hint := ""
	if last != "" {
		hint = root + "/" + last + "/_manifests"
	}
	err := service.driver(t, "").Walk(t.Context(), root, func(info storagedriver.FileInfo) error {
		name := info.Path()[strings.LastIndex(info.Path(), "/")+1:]
		if name == "_manifests" {
			repositories++
		}
		switch {
		case repositories == page:
			return storagedriver.ErrFilledBuffer
		case name[0] == '_':
			return storagedriver.ErrSkipDir
		}
		return nil
	}, storagedriver.WithStartAfterHint(hint))
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d requests for %d repositories", service.requests.Load(), repositories)
	return repositories
}

func TestCatalogSkipsLayers(t *testing.T) {
	service := newListedService(registryBlobs(4, 20_000), false)
	if found := catalog(service, t, "", 100); found != 4 {
		t.Errorf("%d repositories", found)
	}
	if service.requests.Load() > 25 { // 32 pages would have to be read for all links
		t.Errorf("%d requests", service.requests.Load())
	}
}

func TestCatalogPageStartsLate(t *testing.T) {
	service := newListedService(registryBlobs(8_000, 5), false)
	if found := catalog(service, t, "app6000", 100); found != 100 {
		t.Errorf("%d repositories", found)
	}
	if service.requests.Load() > 20 { // 10 pages come before
		t.Errorf("%d requests", service.requests.Load())
	}
}

// The answer of List is as large in all trees; so is what it costs: one request,
// and once in a driver's life one that tells whether there are directories.
func TestListCostsNoMoreInALargerTree(t *testing.T) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		service := newListedService(registryBlobs(4, n/8), false)
		children, err := service.driver(t, "").List(t.Context(), "/"+layoutPrefix+"repositories")
		if err != nil || len(children) != 4 {
			t.Errorf("%d blobs: %q, %v", n, children, err)
		}
		if service.requests.Load() != 2 {
			t.Errorf("%d blobs: %d requests", n, service.requests.Load())
		}
	}
}

func BenchmarkWalk(b *testing.B) {
	service := newListedService(registryBlobs(300, 20), false)
	d := service.driver(b, "")
	b.ReportAllocs()
	for b.Loop() {
		service.requests.Store(0)
		if err := d.Walk(b.Context(), "/", func(storagedriver.FileInfo) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(service.requests.Load()), "requests/op")
}
