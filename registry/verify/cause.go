package verify

import "github.com/distribution-azure/distribution/v3/registry/verify/layout"

// byCause leaves one of the suspects that have the same cause, which must be sorted by
// path. Tags that name the same manifest dangle together; and not at all, where the
// link that its repository lacks is reported, because an index needs it as well.
func byCause(list []suspect) []suspect {
	unlinked := make(map[repoBlob]struct{})
	for _, s := range list {
		if s.Kind == LinkMissing && layout.Parse(s.Path).Kind == layout.RevisionLink {
			unlinked[repoBlob{s.repo, s.blob}] = struct{}{}
		}
	}
	first := make(map[repoBlob]int)
	kept := list[:0]
	for _, s := range list {
		if s.Kind == TagDangling && s.blob != none {
			at := repoBlob{s.repo, s.blob}
			if _, told := unlinked[at]; told {
				continue
			}
			if i, again := first[at]; again {
				kept[i].alike = append(kept[i].alike, s.tag)
				continue
			}
			first[at] = len(kept)
		}
		kept = append(kept, s)
	}
	return kept
}
