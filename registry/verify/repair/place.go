package repair

import (
	"fmt"
	"path"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// checkPlace returns an error for a finding that is about another file than its
// kind, digest and content are for. verify makes none such; a report may have been
// edited, and what it names is written over and deleted.
func checkPlace(f verify.Finding) error {
	e := layout.Parse(f.Path)
	link := e.Kind == layout.LayerLink || e.Kind == layout.RevisionLink
	fits := true
	switch f.Kind {
	case verify.BlobTooLong, verify.BlobTooShort, verify.BlobEmpty, verify.BlobCorrupt, verify.ManifestCorrupt:
		fits = e.Kind == layout.Blob && e.Digest == f.Digest
	case verify.LinkWrong:
		fits = (link || e.Kind == layout.TagIndex || e.Kind == layout.TagCurrent) && (f.Content == "" || mayHold(e, f.Content))
	case verify.LinkMissing:
		owner := layout.Parse(f.NeededBy)
		fits = mayHold(e, f.Content) && owner.Repository == e.Repository &&
			(link && owner.Kind == layout.RevisionLink ||
				e.Kind == layout.TagIndex && owner.Kind == layout.TagCurrent && owner.Name == e.Name)
	case verify.LinkDangling:
		fits = link && e.Digest == f.Digest
	case verify.UploadAbandoned:
		e = layout.Parse(layout.UploadData(f.Path))
		fits = e.Kind == layout.Upload && e.File == "data"
	}
	if !fits || path.Clean(f.Path) != f.Path {
		return fmt.Errorf("the finding %s is not about %q with the digest %q: the report has been changed", f.Kind, f.Path, f.Digest)
	}
	return nil
}

// mayHold tells whether a link may hold the digest: the one in its path, or the
// canonical one where that is of another algorithm. A tag may hold any.
func mayHold(e layout.Entry, d digest.Digest) bool {
	return d.Validate() == nil && (e.Digest == "" || e.Digest == d || e.Digest.Algorithm() != digest.Canonical)
}
