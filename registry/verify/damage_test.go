package verify_test

import (
	"bytes"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
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
