// Package layout knows where a registry keeps things: it tells what a storage
// path holds, and where a thing is stored. It does no I/O.
//
// The layout is version 2 of the registry's storage layout, as documented in
// upstream's registry/storage/paths.go:
//
//	/docker/registry/v2/blobs/<alg>/<two hex digits>/<hex>/data
//	/docker/registry/v2/repositories/<name>/_layers/<alg>/<hex>/link
//	/docker/registry/v2/repositories/<name>/_manifests/revisions/<alg>/<hex>/link
//	/docker/registry/v2/repositories/<name>/_manifests/tags/<tag>/current/link
//	/docker/registry/v2/repositories/<name>/_manifests/tags/<tag>/index/<alg>/<hex>/link
//	/docker/registry/v2/repositories/<name>/_uploads/<id>/{startedat,data,hashstates/...}
package layout

import (
	"path"
	"strings"

	"github.com/opencontainers/go-digest"
)

const (
	// Root holds everything that a registry walks, lists, purges or collects.
	Root = "/docker/registry/v2"
	// Quarantine holds what repair took away. It lies beside Root, not in it,
	// so that neither the catalog nor garbage collection nor the purging of
	// uploads ever sees it.
	Quarantine = "/docker/registry/quarantine"

	blobsRoot        = Root + "/blobs/"
	repositoriesRoot = Root + "/repositories/"
)

// Kind says what a path holds.
type Kind int

// The kinds of file in a registry's storage.
const (
	Unknown      Kind = iota // not part of the layout
	Blob                     // the bytes of a layer, config or manifest
	LayerLink                // a repository may serve this blob
	RevisionLink             // a repository has this manifest
	TagCurrent               // the manifest that a tag names now
	TagIndex                 // a manifest that a tag names or has named
	Upload                   // part of an upload
)

// Entry is a parsed path. Digest is empty for TagCurrent and Upload,
// Repository is empty for Blob. Name is the tag, or the id of the upload; File
// is the rest of the path within the upload.
type Entry struct {
	Kind       Kind
	Repository string
	Digest     digest.Digest
	Name       string
	File       string
}

// Parse tells what the file at path p holds. Directories and files that are no
// part of the layout are Unknown.
func Parse(p string) Entry {
	if rest, ok := strings.CutPrefix(p, blobsRoot); ok {
		return parseBlob(rest)
	}
	if rest, ok := strings.CutPrefix(p, repositoriesRoot); ok {
		return parseRepository(rest)
	}
	return Entry{}
}

func parseBlob(rest string) Entry {
	parts := strings.Split(rest, "/")
	if len(parts) != 4 || parts[3] != "data" || !strings.HasPrefix(parts[2], parts[1]) {
		return Entry{}
	}
	return withDigest(Entry{Kind: Blob}, parts[0], parts[2])
}

// parseRepository splits at the first component that starts with an underscore:
// the components of a repository's name may not.
func parseRepository(rest string) Entry {
	i := strings.Index(rest, "/_")
	if i <= 0 {
		return Entry{}
	}
	e := Entry{Repository: rest[:i]}
	parts := strings.Split(rest[i+1:], "/")
	switch {
	case parts[0] == "_layers" && len(parts) == 4 && parts[3] == "link":
		e.Kind = LayerLink
		return withDigest(e, parts[1], parts[2])
	case parts[0] == "_manifests" && len(parts) > 2 && parts[1] == "revisions":
		if len(parts) != 5 || parts[4] != "link" {
			return Entry{}
		}
		e.Kind = RevisionLink
		return withDigest(e, parts[2], parts[3])
	case parts[0] == "_manifests" && len(parts) > 3 && parts[1] == "tags":
		return parseTag(e, parts[2], parts[3:])
	case parts[0] == "_uploads" && len(parts) > 2:
		e.Kind, e.Name, e.File = Upload, parts[1], strings.Join(parts[2:], "/")
		return e
	}
	return Entry{}
}

func parseTag(e Entry, tag string, parts []string) Entry {
	e.Name = tag
	switch {
	case len(parts) == 2 && parts[0] == "current" && parts[1] == "link":
		e.Kind = TagCurrent
		return e
	case len(parts) == 4 && parts[0] == "index" && parts[3] == "link":
		e.Kind = TagIndex
		return withDigest(e, parts[1], parts[2])
	}
	return Entry{}
}

func withDigest(e Entry, algorithm, hex string) Entry {
	d := digest.NewDigestFromEncoded(digest.Algorithm(algorithm), hex)
	if d.Validate() != nil {
		return Entry{}
	}
	e.Digest = d
	return e
}

// Path is the inverse of Parse: the storage path of the entry.
func (e Entry) Path() string {
	manifests := path.Join(repositoriesRoot, e.Repository, "_manifests")
	switch e.Kind {
	case Blob:
		return path.Join(BlobFolder(e.Digest), "data")
	case LayerLink:
		return path.Join(repositoriesRoot, e.Repository, "_layers", components(e.Digest), "link")
	case RevisionLink:
		return path.Join(manifests, "revisions", components(e.Digest), "link")
	case TagCurrent:
		return path.Join(manifests, "tags", e.Name, "current/link")
	case TagIndex:
		return path.Join(manifests, "tags", e.Name, "index", components(e.Digest), "link")
	case Upload:
		return path.Join(repositoriesRoot, e.Repository, "_uploads", e.Name, e.File)
	default:
		return ""
	}
}

// BlobPath is where the bytes under d are stored.
func BlobPath(d digest.Digest) string { return Entry{Kind: Blob, Digest: d}.Path() }

// BlobFolder is the folder that holds nothing but the bytes under d. A blob is
// removed by removing its folder, as upstream's garbage collection does.
func BlobFolder(d digest.Digest) string {
	return path.Join(blobsRoot, d.Algorithm().String(), d.Encoded()[:2], d.Encoded())
}

// UploadData is where the bytes of the upload in a folder are.
func UploadData(folder string) string { return path.Join(folder, "data") }

func components(d digest.Digest) string {
	return path.Join(d.Algorithm().String(), d.Encoded())
}
