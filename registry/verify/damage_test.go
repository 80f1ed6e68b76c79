package verify_test

import (
	"bytes"
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
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// damages is what can befall a file, by name: nil is that it is gone.
type damages map[string]func(s *specimens, right []byte) []byte

func join(parts ...[]byte) []byte { return slices.Concat(parts...) }

var toAny = damages{
	"deleted":   func(*specimens, []byte) []byte { return nil },
	"emptied":   func(*specimens, []byte) []byte { return []byte{} },
	"truncated": func(_ *specimens, b []byte) []byte { return b[:len(b)/2] },
	"doubled":   func(_ *specimens, b []byte) []byte { return join(b, b) },
}

var toBlobs = damages{
	"block repeated":  func(_ *specimens, b []byte) []byte { n := len(b) / 4; return join(b[:2*n], b[n:]) },
	"bit flipped":     func(_ *specimens, b []byte) []byte { b[len(b)/2] ^= 1; return b },
	"of another":      func(s *specimens, _ []byte) []byte { return s.images[3].children[1].content },
	"of noise":        func(_ *specimens, b []byte) []byte { return verifytest.Noise(99, len(b)) },
	"noise behind":    func(_ *specimens, b []byte) []byte { return join(b, verifytest.Noise(99, 77)) },
	"noise before it": func(_ *specimens, b []byte) []byte { return join(verifytest.Noise(99, 77), b) },
}

var toLinks = damages{
	"tripled":           func(_ *specimens, b []byte) []byte { return join(b, b, b) },
	"block repeated":    func(_ *specimens, b []byte) []byte { return join(b, b[40:]) },
	"newline behind":    func(_ *specimens, b []byte) []byte { return append(b, '\n') },
	"upper case":        func(_ *specimens, b []byte) []byte { return join(b[:7], bytes.ToUpper(b[7:])) },
	"no digest":         func(_ *specimens, b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) },
	"digest of nothing": func(*specimens, []byte) []byte { return []byte(digest.FromString("not stored")) },
	"longer digest":     func(*specimens, []byte) []byte { return []byte(digest.SHA512.FromString("not stored")) },
	"another manifest":  func(s *specimens, _ []byte) []byte { return []byte(s.images[3].children[1].digest()) },
	"another layer":     func(*specimens, []byte) []byte { return []byte(digest.FromBytes(verifytest.Noise(6, 3000))) },
}

// outcome is what is found: by a quick run, by a full one, and whether it can be mended.
type outcome struct {
	quick, full verify.Kind
	mend        verify.Chance
	at          string // the file that is told of, if that isn't the damaged one
}

func each(kind verify.Kind, mend verify.Chance) outcome { return outcome{kind, kind, mend, ""} }
func slow(kind verify.Kind, mend verify.Chance) outcome { return outcome{"", kind, mend, ""} }

// sorts says of each sort of file what each damage is found as. The zero outcome is that
// nothing is wrong.
var sorts = map[string]map[string]outcome{
	"named": {
		"deleted": each(verify.BlobMissing, verify.No), "emptied": each(verify.BlobEmpty, verify.No),
		"truncated": each(verify.BlobTooShort, verify.No), "doubled": each(verify.BlobTooLong, verify.Yes),
		"block repeated": each(verify.BlobTooLong, verify.Yes), "bit flipped": slow(verify.BlobCorrupt, verify.No),
		"of noise": slow(verify.BlobCorrupt, verify.No), "noise behind": each(verify.BlobTooLong, verify.Yes),
		"noise before it": each(verify.BlobTooLong, verify.No), "of another": each(verify.BlobTooShort, verify.No),
	},
	"unnamed": {
		"deleted": {}, "emptied": each(verify.BlobEmpty, verify.No),
		"truncated": slow(verify.BlobCorrupt, verify.No), "doubled": slow(verify.BlobCorrupt, verify.Yes),
		"block repeated": slow(verify.BlobCorrupt, verify.Yes), "bit flipped": slow(verify.BlobCorrupt, verify.No),
		"of noise": slow(verify.BlobCorrupt, verify.No), "noise behind": slow(verify.BlobCorrupt, verify.No),
		"noise before it": slow(verify.BlobCorrupt, verify.No), "of another": slow(verify.BlobCorrupt, verify.No),
	},
	"manifest": {
		"deleted": each(verify.ManifestMissing, verify.No), "emptied": each(verify.BlobEmpty, verify.No),
		"truncated": each(verify.ManifestCorrupt, verify.No), "doubled": each(verify.ManifestCorrupt, verify.Yes),
		"block repeated": each(verify.ManifestCorrupt, verify.Yes), "bit flipped": each(verify.ManifestCorrupt, verify.No),
		"of noise": each(verify.ManifestCorrupt, verify.No), "noise behind": each(verify.ManifestCorrupt, verify.No),
		"noise before it": each(verify.ManifestCorrupt, verify.No), "of another": each(verify.ManifestCorrupt, verify.No),
	},
	"link": {
		"deleted": each(verify.LinkMissing, verify.Yes), "emptied": each(verify.LinkWrong, verify.Yes),
		"truncated": each(verify.LinkWrong, verify.Yes), "doubled": each(verify.LinkWrong, verify.Yes),
		"tripled": each(verify.LinkWrong, verify.Yes), "block repeated": each(verify.LinkWrong, verify.Yes),
		"newline behind": each(verify.LinkWrong, verify.Yes), "upper case": slow(verify.LinkWrong, verify.Yes),
		"no digest": slow(verify.LinkWrong, verify.Yes), "digest of nothing": slow(verify.LinkWrong, verify.Yes),
		"longer digest": each(verify.LinkWrong, verify.Yes), "another manifest": slow(verify.LinkWrong, verify.Yes),
		"another layer": slow(verify.LinkWrong, verify.Yes),
	},
}

// stored is each kind of file, with its sort, what differs, and the reach of a finding.
var stored = []struct {
	file, sort string
	but        map[string]outcome
	tags       string
	images     int // manifests and indexes
}{
	{"layer", "named", nil, "app:v1", 1},
	{"shared layer", "named", nil, "app:all app:moved app:v1 other:v1", 7},
	{"config", "named", map[string]outcome{"of another": each(verify.BlobTooLong, verify.No)}, "app:v1", 1},
	{"layer of a child", "named", nil, "app:all", 2},
	{"layer by sha512", "named", nil, "long:v1", 1},
	{"loose blob", "unnamed", map[string]outcome{
		"deleted": {verify.LinkDangling, verify.LinkDangling, verify.No, "link of a loose blob"},
	}, "", 0},
	{"stray blob", "unnamed", nil, "", 0},
	{"manifest", "manifest", nil, "app:v1", 1},
	{"replaced manifest", "manifest", nil, "", 1},
	{"index", "manifest", nil, "app:all", 1},
	{"child", "manifest", nil, "app:all", 2},
	{"referrer", "manifest", nil, "app:sha256-", 2},
	{"referrers' index", "manifest", nil, "app:sha256-", 1},

	{"link of a layer", "link", nil, "app:v1", 1},
	{"link of a shared layer", "link", nil, "app:all app:moved app:v1", 6},
	{"link of a config", "link", nil, "app:v1", 1},
	{"link by sha512", "link", map[string]outcome{
		// It is read in any case, and where it leads as well if the size is wrong.
		"upper case": each(verify.LinkWrong, verify.Yes), "no digest": each(verify.LinkWrong, verify.Yes),
		"digest of nothing": each(verify.LinkWrong, verify.Yes), "another manifest": each(verify.LinkWrong, verify.Yes),
	}, "long:v1", 1},
	{"link beside that by sha512", "link", map[string]outcome{"deleted": {}}, "", 0},
	{"link of a loose blob", "link", map[string]outcome{"deleted": {}}, "", 0},
	{"revision", "link", map[string]outcome{"deleted": {verify.TagDangling, verify.TagDangling, verify.No, "tag"}}, "app:v1", 1},
	{"revision of an index", "link", map[string]outcome{"deleted": {verify.TagDangling, verify.TagDangling, verify.No, "tag of an index"}}, "app:all", 1},
	{"revision of a child", "link", nil, "app:all", 2},
	{"revision of a referrer", "link", nil, "app:sha256-", 2},
	{"replaced revision", "link", map[string]outcome{"deleted": {}}, "", 1},

	{"tag", "link", tag(verify.Yes), "app:v1", 0},
	{"tag of an index", "link", tag(verify.Yes), "app:all", 0},
	{"tag that was moved", "link", tag(verify.No), "app:moved", 0},
	{"index of a tag", "link", nil, "app:v1", 1},
	{"index of a moved tag", "link", map[string]outcome{
		"deleted": {"", verify.TagDangling, verify.No, "tag that was moved"},
	}, "app:moved", 1},
	{"older index of a moved tag", "link", map[string]outcome{"deleted": {}}, "", 1},
}

// tag is what differs for a tag's own link, which is all that tells what it should hold
// if the tag was ever moved.
func tag(known verify.Chance) map[string]outcome {
	return map[string]outcome{
		"deleted": each(verify.TagDangling, verify.No), "emptied": each(verify.LinkWrong, known),
		"truncated": each(verify.LinkWrong, known), "block repeated": each(verify.LinkWrong, known),
		"newline behind": each(verify.LinkWrong, known), "upper case": slow(verify.LinkWrong, known),
		"no digest": slow(verify.LinkWrong, known), "digest of nothing": slow(verify.TagDangling, verify.No),
		"longer digest": each(verify.TagDangling, verify.No), "another manifest": slow(verify.TagDangling, verify.No),
		"another layer": slow(verify.TagDangling, verify.No),
	}
}

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

// damaged is what is stored in place of a file; nil if it is gone.
func (s *specimens) damaged(file, sort, name string) []byte {
	do := toAny[name]
	switch {
	case do != nil:
	case sort == "link":
		do = toLinks[name]
	default:
		do = toBlobs[name]
	}
	return do(s, slices.Clone(s.all[s.files[file]]))
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
