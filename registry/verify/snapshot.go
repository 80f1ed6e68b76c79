package verify

import (
	"errors"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// snapshot is what one walk over the storage told: names, sizes and times. It
// numbers blobs and repositories, because a registry has many links to each.
type snapshot struct {
	blobs   []blob
	ids     map[digest.Digest]blobID
	repos   []string
	repoIDs map[string]repoID

	layers    []link
	revisions []link
	tagIndex  []tagLink
	tags      []tag
	tagIDs    map[tagKey]int32
	uploads   map[uploadKey]*upload

	linked  map[repoBlob]struct{} // revisions that a repository has
	aliases map[blobID]blobID     // see alias
	images  map[blobID]*manifest
	foreign int64
	files   int64 // of a registry

	otherwise bool             // some digest is of another algorithm than sha256
	elsewhere *paths           // that aren't here
	unlisted  map[string]error // folders that could not be listed
}

type (
	blobID   int32
	repoID   int32
	repoBlob struct {
		repo repoID
		blob blobID
	}
	tagKey struct {
		repo repoID
		name string
	}
	uploadKey struct {
		repo repoID
		id   string
	}
)

// blob is one digest that is stored or linked.
type blob struct {
	digest   digest.Digest
	size     int64 // -1: not stored
	modified int64 // seconds since 1970
	revision bool  // some repository has it as a manifest
	linked   bool  // some repository in question has a link to it
}

// link is a link file whose path tells what it should hold.
type link struct {
	repoBlob
	size int64
}

type tagLink struct {
	tag  int32
	blob blobID
	size int64
}

type tag struct {
	tagKey
	current  int64    // size of current/link, -1: there is none
	history  []blobID // what the tag names or has named
	resolved blobID   // what current/link was found to hold
	read     bool     // resolved is known
}

type upload struct {
	started bool // has a startedat file
	newest  time.Time
	size    int64
}

const none blobID = -1

func newSnapshot() *snapshot {
	return &snapshot{
		ids:     make(map[digest.Digest]blobID),
		repoIDs: make(map[string]repoID),
		tagIDs:  make(map[tagKey]int32),
		uploads: make(map[uploadKey]*upload),
		linked:  make(map[repoBlob]struct{}),
		aliases: make(map[blobID]blobID),
		images:  make(map[blobID]*manifest),

		unlisted: make(map[string]error),
	}
}

func isNotFound(err error) bool {
	var notFound storagedriver.PathNotFoundError
	return errors.As(err, &notFound)
}

func (s *snapshot) add(info storagedriver.FileInfo, o Options) {
	e := layout.Parse(info.Path())
	if e.Kind == layout.Unknown {
		s.foreign++
		return
	}
	s.files++
	s.elsewhere.remove(info.Path())
	if e.Kind == layout.Blob {
		b := &s.blobs[s.id(e.Digest)]
		b.size, b.modified = info.Size(), info.ModTime().Unix()
		return
	}
	if !o.wantsRepository(e.Repository) {
		return
	}
	repo := s.repo(e.Repository)
	switch e.Kind {
	case layout.LayerLink:
		s.layers = append(s.layers, link{s.link(repo, e.Digest), info.Size()})
	case layout.RevisionLink:
		l := link{s.link(repo, e.Digest), info.Size()}
		s.blobs[l.blob].revision = true
		s.linked[l.repoBlob] = struct{}{}
		s.revisions = append(s.revisions, l)
	case layout.TagCurrent:
		s.tags[s.tag(repo, e.Name)].current = info.Size()
	case layout.TagIndex:
		t, id := s.tag(repo, e.Name), s.id(e.Digest)
		s.tags[t].history = append(s.tags[t].history, id)
		s.tagIndex = append(s.tagIndex, tagLink{t, id, info.Size()})
	case layout.Upload:
		s.addUpload(uploadKey{repo, e.Name}, e.File, info)
	}
}

func (s *snapshot) addUpload(key uploadKey, file string, info storagedriver.FileInfo) {
	u := s.uploads[key]
	if u == nil {
		u = &upload{}
		s.uploads[key] = u
	}
	u.started = u.started || file == "startedat"
	u.size += info.Size()
	if info.ModTime().After(u.newest) {
		u.newest = info.ModTime()
	}
}

// id numbers a digest.
func (s *snapshot) id(d digest.Digest) blobID {
	id, ok := s.ids[d]
	if !ok {
		id = blobID(len(s.blobs)) //nolint:gosec // memory ends long before
		s.ids[d] = id
		s.blobs = append(s.blobs, blob{digest: d, size: -1})
		s.otherwise = s.otherwise || d.Algorithm() != digest.Canonical
	}
	return id
}

func (s *snapshot) link(repo repoID, d digest.Digest) repoBlob {
	id := s.id(d)
	s.blobs[id].linked = true
	return repoBlob{repo, id}
}

func (s *snapshot) repo(name string) repoID {
	id, ok := s.repoIDs[name]
	if !ok {
		id = repoID(len(s.repos)) //nolint:gosec // memory ends long before
		s.repoIDs[name] = id
		s.repos = append(s.repos, name)
	}
	return id
}

func (s *snapshot) tag(repo repoID, name string) int32 {
	key := tagKey{repo, name}
	i, ok := s.tagIDs[key]
	if !ok {
		i = int32(len(s.tags)) //nolint:gosec // memory ends long before
		s.tagIDs[key] = i
		s.tags = append(s.tags, tag{tagKey: key, current: -1, resolved: none})
	}
	return i
}

// stored follows an alias, and tells whether there is a blob.
func (s *snapshot) stored(id blobID) (blobID, bool) {
	if s.blobs[id].size < 0 {
		if a, ok := s.aliases[id]; ok {
			id = a
		}
	}
	return id, s.blobs[id].size >= 0
}
