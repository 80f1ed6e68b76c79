package verify_test

import (
	"cmp"
	"slices"
	"strings"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
)

// TestEachDamageOfEachKindOfFileIsOneFinding has the findings of a stranger who breaks one
// file at a time. Each is the one thing that is wrong, tells whom it reaches, and what it
// says of mending is true.
func TestEachDamageOfEachKindOfFileIsOneFinding(t *testing.T) {
	s := newSpecimens(t)
	require.Empty(t, findingsOf(t, s.store(t, "", nil), verify.Options{Full: true}))
	for _, file := range stored {
		for name, want := range sorts[file.sort] {
			t.Run(strings.ReplaceAll(file.file+"/"+name, " ", "-"), func(t *testing.T) {
				if different, ok := file.but[name]; ok {
					want = different
				}
				driver := s.store(t, s.files[file.file], s.damaged(file.file, file.sort, name))
				e := expectation{path: s.files[cmp.Or(want.at, file.file)], tags: strings.Fields(file.tags), images: file.images}
				quick := e.require(t, want.quick, want.mend, findingsOf(t, driver, verify.Options{}))
				full := e.require(t, want.full, want.mend, findingsOf(t, driver, verify.Options{Full: true}))
				if len(full) == 0 {
					return
				}
				e.requireNarrowed(t, driver, full[0], want.quick == "")
				e.requireInCache(t, driver, want)
				requireMends(t, s, driver, slices.Concat(quick, full)[:1])
			})
		}
	}
}

// expectation is what a finding should say, whatever its kind.
type expectation struct {
	path   string
	tags   []string // how they begin
	images int
}

func (e expectation) require(t *testing.T, kind verify.Kind, mend verify.Chance, found []verify.Finding) []verify.Finding {
	t.Helper()
	if kind == "" {
		require.Empty(t, found)
		return nil
	}
	require.Len(t, found, 1)
	f := found[0]
	require.Equal(t, kind, f.Kind)
	require.Equal(t, e.path, f.Path)
	if f.Mend.Chance != verify.Maybe {
		require.Equal(t, mend, f.Mend.Chance, f.Mend.How)
	}
	if kind.Litter() {
		return found
	}
	require.Len(t, f.Tags, len(e.tags), f.Tags)
	for i, tag := range e.tags {
		require.True(t, strings.HasPrefix(f.Tags[i], tag), f.Tags)
		repository, _, _ := strings.Cut(tag, ":")
		require.Contains(t, f.Repositories, repository)
	}
	reached := len(f.Manifests) + len(f.Indexes)
	if kind == verify.LinkMissing && strings.Contains(f.Path, "/_manifests/revisions/") {
		reached++ // without its link it isn't known to be a manifest itself
	}
	if !strings.Contains(f.Path, "/_manifests/tags/") {
		require.Equal(t, e.images, reached)
	}
	return found
}

// requireNarrowed finds the same in a run that is about the file, and nothing in one that
// isn't.
func (e expectation) requireNarrowed(t *testing.T, driver storagedriver.StorageDriver, f verify.Finding, full bool) {
	t.Helper()
	kinds := func(o verify.Options) (list []verify.Kind) {
		o.Full = full
		for _, f := range findingsOf(t, driver, o) {
			list = append(list, f.Kind)
		}
		return list
	}
	one := []verify.Kind{f.Kind}
	require.Equal(t, one, kinds(verify.Options{Since: time.Now().Add(-time.Hour)}))
	if f.Digest != "" {
		require.Equal(t, one, kinds(verify.Options{Digests: []digest.Digest{f.Digest}}))
	}
	require.Empty(t, kinds(verify.Options{Digests: []digest.Digest{anotherDigest(t, driver, f)}}))
	for _, repository := range []string{"app", "long", "other"} {
		found := kinds(verify.Options{Repositories: []string{repository}})
		if slices.Contains(f.Repositories, repository) {
			require.Equal(t, one, found, repository)
		} else {
			require.Empty(t, found, repository)
		}
	}
}

// requireInCache finds in a pull-through cache what is wrong, and not what isn't there, and
// asks nobody to push.
func (e expectation) requireInCache(t *testing.T, driver storagedriver.StorageDriver, want outcome) {
	t.Helper()
	found := findingsOf(t, driver, verify.Options{Full: true, Proxy: true})
	switch want.full {
	case verify.BlobMissing, verify.ManifestMissing, verify.LinkMissing, verify.TagDangling, verify.LinkDangling:
		require.Empty(t, found)
		return
	}
	e.require(t, want.full, want.mend, found)
	require.NotContains(t, found[0].Mend.How, "push")
}

// requireMends requires that what a finding says of mending is true: either repair stores
// the right bytes, or they are there after it and a push of the images that it names.
func requireMends(t *testing.T, s *specimens, driver storagedriver.StorageDriver, found []verify.Finding) {
	t.Helper()
	mended := repaired(t, driver, found, repair.Options{Apply: true})
	if mended.Action == repair.Mended {
		require.NotEqual(t, verify.No, found[0].Mend.Chance)
		require.Empty(t, mended.Push)
		for p, right := range s.all {
			content, err := driver.GetContent(t.Context(), p)
			require.NoError(t, err)
			require.Equal(t, right, content, p)
		}
	} else {
		require.Equal(t, repair.Left, mended.Action)
		require.NotEqual(t, verify.Yes, found[0].Mend.Chance)
		c := newClient(t, driver)
		result := repaired(t, driver, found, repair.Options{Apply: true, Quarantine: true, Litter: true})
		for _, p := range s.named(t, result.Push) {
			c.push(p)
		}
		for _, p := range flat(s.images) {
			require.NoError(t, c.pull(p))
		}
	}
	for _, f := range findingsOf(t, driver, verify.Options{Full: true}) {
		require.True(t, f.Kind.Litter(), f)
	}
}

func repaired(t *testing.T, driver storagedriver.StorageDriver, found []verify.Finding, o repair.Options) (only repair.Result) {
	t.Helper()
	_, err := repair.Run(t.Context(), driver, found, o, func(r repair.Result) error {
		require.Empty(t, only.Action)
		only = r
		return nil
	})
	require.NoError(t, err)
	return only
}

// anotherDigest is one that is stored and that the finding isn't about.
func anotherDigest(t *testing.T, driver storagedriver.StorageDriver, f verify.Finding) (another digest.Digest) {
	t.Helper()
	require.NoError(t, driver.Walk(t.Context(), layout.Root, func(info storagedriver.FileInfo) error {
		if e := layout.Parse(info.Path()); e.Kind == layout.Blob && e.Digest != f.Digest && e.Digest != f.Content {
			another = e.Digest
		}
		return nil
	}))
	return another
}

func findingsOf(t *testing.T, driver storagedriver.StorageDriver, o verify.Options) []verify.Finding {
	t.Helper()
	o.Settle, o.Litter = time.Millisecond, true
	var list []verify.Finding
	_, err := verify.Run(t.Context(), driver, o, func(f verify.Finding) error {
		list = append(list, f)
		return nil
	})
	require.NoError(t, err)
	return list
}
