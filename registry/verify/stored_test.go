package verify_test

import (
	"path"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// specimens is a registry, pushed through the registry's own code, that has a file of
// every kind.
type specimens struct {
	images []*pushed // as they can be pulled, and pushed again
	files  map[string]string
	all    map[string][]byte // what is stored, by path
}

func newSpecimens(t *testing.T) *specimens {
	t.Helper()
	driver := inmemory.New()
	c := newClient(t, driver)
	base, layer := verifytest.Noise(1, 4000), func(seed uint64) []byte { return verifytest.Noise(seed, 3000) }
	first := imageOf(t, "app", "v1", nil, digest.SHA256, layer(2), base)
	replaced := imageOf(t, "app", "moved", nil, digest.SHA256, layer(3), base)
	moved := imageOf(t, "app", "moved", nil, digest.SHA256, layer(4), base)
	child := imageOf(t, "app", "", nil, digest.SHA256, layer(5), base)
	index := indexOf(t, "app", "all", child, imageOf(t, "app", "", nil, digest.SHA256, layer(6), base))
	subject := first.descriptor()
	referrer := imageOf(t, "app", "", &subject, digest.SHA256, verifytest.Noise(7, 300))
	referrers := indexOf(t, "app", "sha256-"+first.digest().Encoded(), referrer)
	long := imageOf(t, "long", "v1", nil, digest.SHA512, layer(8))
	other := imageOf(t, "other", "v1", nil, digest.SHA256, base)
	s := &specimens{images: []*pushed{first, replaced, moved, index, referrers, long, other}}
	for _, p := range s.images {
		c.push(p)
	}
	replaced.tag = "" // by now

	r, _ := c.repository(t.Context(), "app")
	loose := verifytest.Noise(9, 1000)
	c.upload(r, digest.FromBytes(loose), loose)
	stray := verifytest.Noise(10, 1000)
	require.NoError(t, driver.PutContent(t.Context(), layout.BlobPath(digest.FromBytes(stray)), stray))
	begun, err := r.Blobs(t.Context()).Create(t.Context())
	require.NoError(t, err)
	_, err = begun.Write(loose)
	require.NoError(t, err)
	require.NoError(t, begun.Close())
	upload := layout.Entry{Kind: layout.Upload, Repository: "app", Name: begun.ID()}.Path()

	of := func(k layout.Kind, repository, tag string, d digest.Digest) string {
		return layout.Entry{Kind: k, Repository: repository, Name: tag, Digest: d}.Path()
	}
	sha256 := func(content []byte) digest.Digest { return digest.FromBytes(content) }
	s.files = map[string]string{
		"layer":             layout.BlobPath(sha256(layer(2))),
		"shared layer":      layout.BlobPath(sha256(base)),
		"config":            layout.BlobPath(first.config()),
		"layer of a child":  layout.BlobPath(sha256(layer(5))),
		"layer by sha512":   layout.BlobPath(sha256(layer(8))),
		"loose blob":        layout.BlobPath(sha256(loose)),
		"stray blob":        layout.BlobPath(sha256(stray)),
		"manifest":          layout.BlobPath(first.digest()),
		"replaced manifest": layout.BlobPath(replaced.digest()),
		"index":             layout.BlobPath(index.digest()),
		"child":             layout.BlobPath(child.digest()),
		"referrer":          layout.BlobPath(referrer.digest()),
		"referrers' index":  layout.BlobPath(referrers.digest()),

		"link of a layer":            of(layout.LayerLink, "app", "", sha256(layer(2))),
		"link of a shared layer":     of(layout.LayerLink, "app", "", sha256(base)),
		"link of a config":           of(layout.LayerLink, "app", "", first.config()),
		"link by sha512":             of(layout.LayerLink, "long", "", digest.SHA512.FromBytes(layer(8))),
		"link beside that by sha512": of(layout.LayerLink, "long", "", sha256(layer(8))),
		"link of a loose blob":       of(layout.LayerLink, "app", "", sha256(loose)),
		"revision":                   of(layout.RevisionLink, "app", "", first.digest()),
		"revision of an index":       of(layout.RevisionLink, "app", "", index.digest()),
		"revision of a child":        of(layout.RevisionLink, "app", "", child.digest()),
		"revision of a referrer":     of(layout.RevisionLink, "app", "", referrer.digest()),
		"replaced revision":          of(layout.RevisionLink, "app", "", replaced.digest()),

		"tag":                        of(layout.TagCurrent, "app", "v1", ""),
		"tag that was moved":         of(layout.TagCurrent, "app", "moved", ""),
		"tag of an index":            of(layout.TagCurrent, "app", "all", ""),
		"index of a tag":             of(layout.TagIndex, "app", "v1", first.digest()),
		"index of a moved tag":       of(layout.TagIndex, "app", "moved", moved.digest()),
		"older index of a moved tag": of(layout.TagIndex, "app", "moved", replaced.digest()),

		"start of an upload": path.Join(upload, "startedat"),
		"data of an upload":  layout.UploadData(upload),
	}
	s.all = make(map[string][]byte)
	require.NoError(t, driver.Walk(t.Context(), layout.Root, func(info storagedriver.FileInfo) error {
		if info.IsDir() {
			return nil
		}
		content, err := driver.GetContent(t.Context(), info.Path())
		s.all[info.Path()] = content
		return err
	}))
	for name, p := range s.files {
		require.Contains(t, s.all, p, name)
	}
	return s
}

// store stores them all, with the one file damaged.
func (s *specimens) store(t *testing.T, damaged string, content []byte) storagedriver.StorageDriver {
	t.Helper()
	driver := inmemory.New()
	for p, right := range s.all {
		switch {
		case p != damaged:
			require.NoError(t, driver.PutContent(t.Context(), p, right))
		case content != nil:
			require.NoError(t, driver.PutContent(t.Context(), p, content))
		}
	}
	return driver
}

// named are the images that repair calls by these names.
func (s *specimens) named(t *testing.T, names []string) []*pushed {
	t.Helper()
	var list []*pushed
	for _, name := range names {
		for _, p := range flat(s.images) {
			if p.name() == name || p.repository+"@"+p.digest().String() == name {
				list = append(list, p)
				break
			}
		}
	}
	require.Len(t, list, len(names), names)
	return list
}

func flat(images []*pushed) []*pushed {
	var all []*pushed
	for _, p := range images {
		all = append(append(all, p), flat(p.children)...)
	}
	return all
}
