package storage

import (
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3"
	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/manifest/ocischema"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/distribution/distribution/v3/testutil"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
)

// objectDriver keeps no empty directories, as object storage doesn't.
type objectDriver struct {
	driver.StorageDriver
}

func (d objectDriver) Delete(ctx context.Context, p string) error {
	err := d.StorageDriver.Delete(ctx, p)
	for dir := path.Dir(p); err == nil && dir != "/"; dir = path.Dir(dir) {
		if children, _ := d.StorageDriver.List(ctx, dir); len(children) > 0 {
			break
		}
		_ = d.StorageDriver.Delete(ctx, dir)
	}
	return err
}

// files lists all that is stored.
func files(t *testing.T, d driver.StorageDriver) []string {
	t.Helper()
	var all []string
	err := d.Walk(dcontext.Background(), "/", func(fi driver.FileInfo) error {
		if !fi.IsDir() {
			all = append(all, fi.Path())
		}
		return nil
	})
	if err != nil && !errors.As(err, new(driver.PathNotFoundError)) {
		t.Fatal(err)
	}
	return all
}

func put(t *testing.T, d driver.StorageDriver, p, content string) {
	t.Helper()
	if err := d.PutContent(dcontext.Background(), p, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

// collect collects garbage twice and returns what is left.
func collect(t *testing.T, d driver.StorageDriver, registry distribution.Namespace) []string {
	t.Helper()
	for _, opts := range []GCOpts{{RemoveUntagged: true, DryRun: true}, {RemoveUntagged: true}, {RemoveUntagged: true}, {}} {
		if err := MarkAndSweep(dcontext.Background(), d, registry, opts); err != nil {
			t.Errorf("%+v: %v", opts, err)
		}
	}
	return files(t, d)
}

// tagImage is an image whose layer and tag are the same text.
func tagImage(t *testing.T, repo distribution.Repository, tag string) image {
	t.Helper()
	i := smallImage(t, repo, tag)
	if err := repo.Tags(dcontext.Background()).Tag(dcontext.Background(), tag, v1.Descriptor{Digest: i.manifestDigest}); err != nil {
		t.Fatal(err)
	}
	return i
}

func TestGCOfAnEmptyRegistry(t *testing.T) {
	d := objectDriver{inmemory.New()}
	if left := collect(t, d, createRegistry(t, d)); len(left) != 0 {
		t.Errorf("where is that from: %q", left)
	}
}

func TestGCAfterTheLastTagIsDeleted(t *testing.T) {
	ctx := dcontext.Background()
	d := objectDriver{inmemory.New()}
	registry := createRegistry(t, d)
	repo := makeRepository(t, registry, "lasttag")
	tagImage(t, repo, "latest")
	if err := repo.Tags(ctx).Untag(ctx, "latest"); err != nil {
		t.Fatal(err)
	}
	if left := collect(t, d, registry); len(left) != 0 {
		t.Errorf("still there: %q", left)
	}
}

// Releases up to v3.1 leave the links of revisions without content behind.
func TestGCOfRepositoriesThatLackSomething(t *testing.T) {
	for _, lacking := range []string{"_layers", "_manifests", "_manifests/tags", "_manifests/revisions"} {
		d := objectDriver{inmemory.New()}
		registry := createRegistry(t, d)
		repo := makeRepository(t, registry, "lacking")
		tagImage(t, repo, "latest")
		if err := d.Delete(dcontext.Background(), "/docker/registry/v2/repositories/lacking/"+lacking); err != nil {
			t.Fatal(err)
		}
		keeps := lacking == "_layers"
		if left := strings.Join(collect(t, d, registry), "\n"); strings.Contains(left, "/blobs/") != keeps || strings.Contains(left, "/revisions/") != keeps || strings.Contains(left, "/_layers/") {
			t.Errorf("without %s there is left:\n%s", lacking, left)
		}
	}
}

func TestGCOfLinksThatLeadNowhere(t *testing.T) {
	const repositories = "/docker/registry/v2/repositories/"
	nowhere := digest.FromString("nowhere")
	for content, manifest := range map[string]bool{"": true, "sha256:damaged": true, nowhere.String(): true, "-": false} {
		d := objectDriver{inmemory.New()}
		registry := createRegistry(t, d)
		kept := tagImage(t, makeRepository(t, registry, "kept"), "kept")
		repo := makeRepository(t, registry, "links")
		tagged := tagImage(t, repo, "latest")
		gone := smallImage(t, repo, "gone")

		if manifest {
			put(t, d, repositories+"links/_manifests/revisions/sha256/"+tagged.manifestDigest.Encoded()+"/link", content)
		}
		put(t, d, repositories+"links/_manifests/revisions/sha256/"+nowhere.Encoded()+"/link", nowhere.String())
		put(t, d, repositories+"links/_layers/sha256/"+nowhere.Encoded()+"/link", content)
		put(t, d, repositories+"links/_layers/sha256/short/link", content)
		put(t, d, "/docker/registry/v2/blobs/sha256/x/data", "not a blob's")
		collect(t, d, registry)

		blobs := allBlobs(t, registry)
		for _, i := range []image{kept, tagged} {
			if _, ok := blobs[i.manifestDigest]; !ok {
				t.Errorf("link %q: a manifest is lost", content)
			}
			for dgst := range i.layers {
				if _, ok := blobs[dgst]; !ok {
					t.Errorf("link %q: a layer is lost", content)
				}
			}
		}
		if _, ok := blobs[gone.manifestDigest]; ok {
			t.Errorf("link %q: the untagged image isn't collected", content)
		}
		left := strings.Join(files(t, d), "\n")
		if strings.Contains(left, nowhere.Encoded()+"/link") {
			t.Errorf("link %q leads nowhere, and is still there", content)
		}
	}
}

// A tag that can't be told may point at any manifest of its repository.
func TestGCKeepsManifestsWhereATagIsDamaged(t *testing.T) {
	d := objectDriver{inmemory.New()}
	registry := createRegistry(t, d)
	image := tagImage(t, makeRepository(t, registry, "damaged"), "latest")
	put(t, d, "/docker/registry/v2/repositories/damaged/_manifests/tags/latest/current/link", "")
	collect(t, d, registry)
	if _, ok := allBlobs(t, registry)[image.manifestDigest]; !ok {
		t.Error("the manifest is lost")
	}
}

// failingDriver fails to read, list or look at the n-th thing.
type failingDriver struct {
	driver.StorageDriver
	n   *int
	err func(path string) error
}

func (d failingDriver) next(p string) error {
	if *d.n--; *d.n == 0 {
		return d.err(p)
	}
	return nil
}

func (d failingDriver) GetContent(ctx context.Context, p string) ([]byte, error) {
	if err := d.next(p); err != nil {
		return nil, err
	}
	return d.StorageDriver.GetContent(ctx, p)
}

func (d failingDriver) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	if err := d.next(p); err != nil {
		return nil, err
	}
	return d.StorageDriver.Reader(ctx, p, offset)
}

func (d failingDriver) Stat(ctx context.Context, p string) (driver.FileInfo, error) {
	if err := d.next(p); err != nil {
		return nil, err
	}
	return d.StorageDriver.Stat(ctx, p)
}

func (d failingDriver) List(ctx context.Context, p string) ([]string, error) {
	if err := d.next(p); err != nil {
		return nil, err
	}
	return d.StorageDriver.List(ctx, p)
}

func (d failingDriver) Walk(ctx context.Context, p string, f driver.WalkFn, options ...func(*driver.WalkOptions)) error {
	return driver.WalkFallback(ctx, d, p, f, options...)
}

// Whatever can't be read, nothing that is needed is deleted.
func TestGCDeletesNothingBecauseSomethingCannotBeRead(t *testing.T) {
	d := inmemory.New()
	ctx := dcontext.Background()
	registry := createRegistry(t, d)
	repo := makeRepository(t, registry, "unreadable")
	first, second := smallImage(t, repo, "first"), smallImage(t, repo, "second")
	index, err := ocischema.FromDescriptors([]v1.Descriptor{{Digest: first.manifestDigest}, {Digest: second.manifestDigest}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	dgst, err := makeManifestService(t, repo).Put(ctx, index)
	if err != nil {
		t.Fatal(err)
	}
	if err := repo.Tags(ctx).Tag(ctx, "latest", v1.Descriptor{Digest: dgst}); err != nil {
		t.Fatal(err)
	}
	before := len(files(t, d))
	for n := 1; ; n++ {
		left := n
		failing := failingDriver{d, &left, func(string) error { return errors.New("no answer") }}
		err := MarkAndSweep(ctx, failing, createRegistry(t, failing), GCOpts{RemoveUntagged: true, Quiet: true})
		if left > 0 {
			break
		}
		if err == nil {
			t.Errorf("failure %d isn't told", n)
		}
		if after := len(files(t, d)); after != before {
			t.Fatalf("failure %d: %d of %d files are left", n, after, before)
		}
	}
}

// A manifest may be marked for one repository that doesn't have it any more, and
// be needed with all it refers to in another.
func TestGCKeepsLayersOfAManifestThatIsMarkedElsewhere(t *testing.T) {
	d := inmemory.New()
	ctx := dcontext.Background()
	registry := createRegistry(t, d)
	const text = "needed by b"
	layers := map[digest.Digest]io.ReadSeeker{digest.FromString(text): strings.NewReader(text)}
	var shared digest.Digest
	for _, name := range []string{"a", "b"} {
		repo := makeRepository(t, registry, name)
		if name == "a" {
			if err := testutil.UploadBlobs(repo, layers); err != nil {
				t.Fatal(err)
			}
		}
		link, err := blobLinkPath(name, getAnyKey(layers))
		if err != nil {
			t.Fatal(err)
		}
		put(t, d, link, getAnyKey(layers).String())
		manifest, err := testutil.MakeOCIManifest(repo, getKeys(layers))
		if err != nil {
			t.Fatal(err)
		}
		manifests := makeManifestService(t, repo)
		if shared, err = manifests.Put(ctx, manifest); err != nil {
			t.Fatal(err)
		}
		index, err := ocischema.FromDescriptors([]v1.Descriptor{{Digest: shared}}, map[string]string{"of": name})
		if err != nil {
			t.Fatal(err)
		}
		dgst, err := manifests.Put(ctx, index)
		if err != nil {
			t.Fatal(err)
		}
		if err := repo.Tags(ctx).Tag(ctx, "latest", v1.Descriptor{Digest: dgst}); err != nil {
			t.Fatal(err)
		}
		if name == "a" {
			if err := manifests.Delete(ctx, shared); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := MarkAndSweep(ctx, d, registry, GCOpts{RemoveUntagged: true}); err != nil {
		t.Fatal(err)
	}
	if _, ok := allBlobs(t, registry)[getAnyKey(layers)]; !ok {
		t.Error("the layer is lost")
	}
}

// The content of a layer is stored under its canonical digest.
func TestGCKeepsLayersOfOtherAlgorithms(t *testing.T) {
	d := inmemory.New()
	ctx := dcontext.Background()
	registry := createRegistry(t, d)
	repo := makeRepository(t, registry, "sha512")
	content := []byte("the content of a layer")
	canonical, dgst := digest.FromBytes(content), digest.SHA512.FromBytes(content)
	upload, err := repo.Blobs(ctx).Create(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := upload.Write(content); err != nil {
		t.Fatal(err)
	}
	if _, err := upload.Commit(ctx, v1.Descriptor{Digest: dgst}); err != nil {
		t.Fatal(err)
	}
	manifest, err := testutil.MakeOCIManifest(repo, []digest.Digest{dgst})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := makeManifestService(t, repo).Put(ctx, manifest); err != nil {
		t.Fatal(err)
	}
	if err := MarkAndSweep(ctx, d, registry, GCOpts{}); err != nil {
		t.Fatal(err)
	}
	if _, ok := allBlobs(t, registry)[canonical]; !ok {
		t.Error("the layer is lost")
	}
}
