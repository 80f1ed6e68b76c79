package azure

import (
	"context"
	"slices"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// window is a part of a flat listing, held in memory while it moves on through
// the listing: at most two pages of it.
//
// It relies on a listing showing all names with a common prefix in one go, and
// on nothing else about the order: "/" sorts between "." and "0" in an account
// with a flat namespace, and before everything in one with a hierarchical one.
type window struct {
	prefix  string // of the listing
	listing *service.Listing
	size    int     // of a page
	entries []entry // in the order of the listing
	at      int     // where the folder begins that was looked for last
	before  string  // name of the last blob that was left behind
}

// window is a window at the start of the listing of all names with this prefix.
// Nothing is asked of the service yet.
func (w *walk) window(prefix string) *window {
	return &window{prefix: prefix, listing: w.d.service.List(prefix, w.pageSize), size: w.pageSize}
}

// below returns the blobs whose names begin with prefix, a folder's, and whether
// these are all there are. If they may go on behind the window, it moves on,
// unless the folder fills a page already: then the folder is too large to be
// held, and it is not whole.
func (s *window) below(ctx context.Context, prefix string) (entries []entry, whole bool, err error) {
	for {
		start, end := s.find(prefix)
		switch {
		case s.left(prefix):
			return nil, false, nil
		case end < len(s.entries) || !s.listing.More():
			return s.entries[start:end:end], true, nil
		case end-start >= s.size:
			return nil, false, nil
		}
		s.leave(start)
		if err := s.fill(ctx); err != nil {
			return nil, false, err
		}
	}
}

// reaches reports whether below can tell something of the folder.
func (s *window) reaches(prefix string) bool {
	start, end := s.find(prefix)
	return s.prefix == prefix || start < end && !s.left(prefix)
}

// left reports whether the window has left behind a part of the folder.
func (s *window) left(prefix string) bool {
	return s.before != "" && strings.HasPrefix(s.before, prefix)
}

// find returns the bounds of the blobs whose names begin with prefix. Folders are
// mostly asked for in the order of the listing.
func (s *window) find(prefix string) (start, end int) {
	is := func(e entry) bool { return strings.HasPrefix(e.name, prefix) }
	isnt := func(e entry) bool { return !is(e) }
	start = len(s.entries)
	if i := slices.IndexFunc(s.entries[s.at:], is); i >= 0 {
		start = s.at + i
		for start > 0 && is(s.entries[start-1]) {
			start--
		}
	} else if i := slices.IndexFunc(s.entries[:s.at], is); i >= 0 {
		start = i
	}
	end = len(s.entries)
	if i := slices.IndexFunc(s.entries[start:], isnt); i >= 0 {
		end = start + i
	}
	if start < end {
		s.at = start
	}
	return start, end
}

// leave drops what comes before the entry at start.
func (s *window) leave(start int) {
	if start > 0 {
		s.before = s.entries[start-1].name
	}
	s.entries = slices.Clone(s.entries[start:])
	s.at = 0
}

// fill adds pages until the window has grown or the listing has ended.
func (s *window) fill(ctx context.Context) error {
	for held := len(s.entries); len(s.entries) == held && s.listing.More(); {
		page, err := s.listing.Page(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			if !isSuccessor(item.Name) {
				s.entries = append(s.entries, toEntry(item))
			}
		}
	}
	return nil
}
