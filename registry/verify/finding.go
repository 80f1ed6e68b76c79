package verify

import (
	"github.com/opencontainers/go-digest"
)

// Kind names what is wrong. The names are part of the JSON report.
type Kind string

// The kinds of finding.
const (
	// BlobTooLong is a blob longer than its descriptor: what an append that
	// was sent twice leaves behind.
	BlobTooLong Kind = "blob-too-long"
	// BlobTooShort is a blob shorter than its descriptor.
	BlobTooShort Kind = "blob-too-short"
	// BlobEmpty is an empty blob under a digest that isn't that of no bytes.
	BlobEmpty Kind = "blob-empty"
	// BlobMissing is a blob that a manifest names and that isn't stored.
	BlobMissing Kind = "blob-missing"
	// BlobCorrupt is a blob whose bytes don't have the digest in its path.
	BlobCorrupt Kind = "blob-corrupt"
	// DescriptorWrong is a manifest that gives a wrong size for a blob whose
	// bytes are right, or for which another manifest gives the stored size.
	DescriptorWrong Kind = "descriptor-wrong"
	// ManifestMissing is a manifest that a repository or an index names and
	// that isn't stored.
	ManifestMissing Kind = "manifest-missing"
	// ManifestCorrupt is a manifest whose bytes don't have its digest.
	ManifestCorrupt Kind = "manifest-corrupt"
	// ManifestInvalid is a manifest with the right bytes that doesn't parse.
	ManifestInvalid Kind = "manifest-invalid"
	// LinkWrong is a link file whose content isn't the digest it stands for.
	LinkWrong Kind = "link-wrong"
	// LinkDangling is a layer link to a blob that isn't stored and that no
	// manifest of the repository needs.
	LinkDangling Kind = "link-dangling"
	// LinkMissing is a link without which a repository can't serve what one of
	// its manifests names, although it is stored; or the only entry of a tag's
	// index, which has what was ever pushed as this tag.
	LinkMissing Kind = "link-missing"
	// TagDangling is a tag that names no manifest of its repository, or one that
	// was never pushed as this tag.
	TagDangling Kind = "tag-dangling"
	// UploadAbandoned is an upload that was begun long ago and never ended.
	UploadAbandoned Kind = "upload-abandoned"
	// RootPrefix is a registry, or part of one, whose files have names that begin
	// the other way, so that this registry doesn't see them.
	RootPrefix Kind = "root-prefix"
	// Unreadable is a file that could not be looked at, so that nobody knows
	// whether it is right.
	Unreadable Kind = "unreadable"
)

// Litter tells whether the kind is no damage but what cancelled pushes and
// deletes leave behind: no image needs it.
func (k Kind) Litter() bool { return k == UploadAbandoned || k == LinkDangling }

// Damage has all kinds that aren't litter.
func Damage() []Kind {
	return []Kind{
		BlobTooLong, BlobTooShort, BlobEmpty, BlobMissing, BlobCorrupt, DescriptorWrong, ManifestMissing, ManifestCorrupt,
		ManifestInvalid, LinkWrong, LinkMissing, TagDangling, RootPrefix, Unreadable,
	}
}

// Chance says whether repair can mend a finding.
type Chance string

// The chances of a mend.
const (
	Yes   Chance = "yes"
	Maybe Chance = "maybe" // only reading the blob can tell: a dry run of repair does
	No    Chance = "no"
)

// Mend says whether and how a finding can be mended.
type Mend struct {
	Chance Chance `json:"chance"`
	How    string `json:"how"`
}

// Finding is one thing that is wrong in the registry, and whom it reaches.
type Finding struct {
	Kind Kind `json:"kind"`
	// Path is the file that is wrong, or that should be there and isn't.
	Path string `json:"path"`
	// Digest is what the file is stored under or stands for. Empty for an
	// upload, and for a tag that names nothing.
	Digest digest.Digest `json:"digest,omitempty"`
	// Stored is the size of the file in bytes, -1 if there is none.
	Stored int64 `json:"stored"`
	// Expected is the size that it should have, -1 if that isn't known.
	Expected int64  `json:"expected"`
	Detail   string `json:"detail"`
	Mend     Mend   `json:"mend"`
	// Sizes are those that manifests give for a blob, in bytes and sorted, where
	// one of them isn't the stored size.
	Sizes []int64 `json:"sizes,omitempty"`
	// Content is what the link file should hold, when that is known.
	Content digest.Digest `json:"content,omitempty"`
	// NeededBy is the link of the manifest that needs a link which is missing.
	NeededBy string `json:"needed_by,omitempty"`
	// Seen is what was stored when the finding was confirmed.
	Seen Seen `json:"seen"`
	Reach
}

// Reach is what a finding breaks. All lists are sorted.
type Reach struct {
	Repositories []string `json:"repositories"`
	// Tags have the form repository:tag.
	Tags []string `json:"tags"`
	// Manifests are the images that contain the blob, and the manifest itself.
	Manifests []digest.Digest `json:"manifests"`
	// Indexes are the indexes that contain these images, and the index itself.
	Indexes []digest.Digest `json:"indexes"`
}

// Summary counts what a run did.
type Summary struct {
	Mode         string       `json:"mode"`
	Repositories int          `json:"repositories"`
	Tags         int          `json:"tags"`
	Manifests    int          `json:"manifests"`
	Blobs        int          `json:"blobs"`
	Bytes        int64        `json:"bytes"`
	Hashed       int64        `json:"blobs_hashed"`
	HashedBytes  int64        `json:"bytes_hashed"`
	Resumed      int64        `json:"blobs_hashed_earlier"`
	Left         int64        `json:"blobs_left_by_max_bytes"`
	Foreign      int64        `json:"files_not_of_a_registry"`
	Findings     int          `json:"findings"` // without litter
	Litter       int          `json:"litter"`
	Mendable     int          `json:"mendable"`
	ByKind       map[Kind]int `json:"by_kind"`
	Finished     bool         `json:"finished"`
}

func (s *Summary) count(f Finding) {
	if f.Kind.Litter() {
		s.Litter++
		return
	}
	s.Findings++
	s.ByKind[f.Kind]++
	if f.Mend.Chance != No {
		s.Mendable++
	}
}
