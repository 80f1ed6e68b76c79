package verify

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// largeService answers as Azure does for a registry too large to be stored for a
// test: it has the names and sizes of all blobs, and the bytes of manifests. It
// knows List Blobs, Get Blob, and that there is no blob under a folder's name, which
// is all that a quick run may need; anything else is refused.
type largeService struct {
	url                 string
	names               []string // sorted
	sizes               map[string]int
	manifests           map[string][]byte
	lists, reads, looks atomic.Int64
	other               atomic.Int64
}

// newLargeService makes up a registry of so many images, of four layers and a
// config each, every blob of its own.
func newLargeService(t *testing.T, images int) *largeService {
	t.Helper()
	s := &largeService{sizes: make(map[string]int), manifests: make(map[string][]byte)}
	for i := range images {
		repository, tag := fmt.Sprintf("team-%d/app-%d", i%10, i%200), fmt.Sprintf("v%d", i)
		manifest := v1.Manifest{MediaType: v1.MediaTypeImageManifest}
		for n := range 5 {
			d := digest.FromString(fmt.Sprint(i, n))
			s.add(layout.Entry{Kind: layout.Blob, Digest: d}, 1000+i+n)
			s.add(layout.Entry{Kind: layout.LayerLink, Repository: repository, Digest: d}, len(d))
			manifest.Layers = append(manifest.Layers, v1.Descriptor{MediaType: v1.MediaTypeImageLayerGzip, Digest: d, Size: int64(1000 + i + n)})
		}
		manifest.Config, manifest.Layers = manifest.Layers[0], manifest.Layers[1:]
		content, err := json.Marshal(manifest)
		require.NoError(t, err)
		d := digest.FromBytes(content)
		s.manifests[s.add(layout.Entry{Kind: layout.Blob, Digest: d}, len(content))] = content
		s.add(layout.Entry{Kind: layout.RevisionLink, Repository: repository, Digest: d}, len(d))
		s.add(layout.Entry{Kind: layout.TagIndex, Repository: repository, Name: tag, Digest: d}, len(d))
		s.add(layout.Entry{Kind: layout.TagCurrent, Repository: repository, Name: tag}, len(d))
	}
	slices.Sort(s.names)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.url = server.URL + "/account"
	return s
}

// add makes up a blob, and returns its name.
func (s *largeService) add(e layout.Entry, size int) string {
	name := strings.TrimPrefix(e.Path(), "/")
	s.names = append(s.names, name)
	s.sizes[name] = size
	return name
}

func (s *largeService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/account/container/")
	content, isManifest := s.manifests[name]
	_, isBlob := s.sizes[name]
	w.Header().Set("x-ms-request-id", "1") // an answer without it isn't taken as the service's
	switch {
	case r.URL.Query().Get("restype") == "service": // by the driver's start
		w.Header().Set("x-ms-error-code", "AuthorizationPermissionMismatch")
		w.WriteHeader(http.StatusForbidden)
	case r.Method == http.MethodGet && r.URL.Query().Get("comp") == "list":
		s.lists.Add(1)
		s.list(w, r)
	case r.Method == http.MethodGet && isManifest:
		s.reads.Add(1)
		w.Header().Set("ETag", `"0x1"`)
		w.Header().Set("x-ms-blob-type", "BlockBlob")
		_, _ = w.Write(content)
	case r.Method == http.MethodHead && !isBlob:
		s.looks.Add(1)
		w.Header().Set("x-ms-error-code", "BlobNotFound")
		w.WriteHeader(http.StatusNotFound)
	default:
		s.other.Add(1)
		w.Header().Set("x-ms-error-code", "AuthorizationFailure")
		http.Error(w, "not what a quick run needs", http.StatusForbidden)
	}
}

// The answer of List Blobs, as the REST reference has it.
type (
	listAnswer struct {
		XMLName       xml.Name  `xml:"EnumerationResults"`
		ContainerName string    `xml:"ContainerName,attr"`
		Blobs         listBlobs `xml:"Blobs"`
		NextMarker    string    `xml:"NextMarker"`
	}
	listBlobs struct {
		Blob       []listBlob
		BlobPrefix []listPrefix
	}
	listBlob struct {
		Name       string
		Properties listProperties
	}
	listProperties struct {
		LastModified  string `xml:"Last-Modified"`
		Etag          string
		ContentLength int `xml:"Content-Length"`
		BlobType      string
	}
	listPrefix struct{ Name string }
)

// list answers List Blobs: in pages of at most 5,000, where a folder counts as one
// entry if there is a delimiter.
func (s *largeService) list(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	prefix, delimiter, most := query.Get("prefix"), query.Get("delimiter"), 5000
	if n, err := strconv.Atoi(query.Get("maxresults")); err == nil {
		most = min(most, n)
	}
	answer := listAnswer{ContainerName: "container"}
	at := sort.SearchStrings(s.names, max(prefix, query.Get("marker")))
	for count := 0; at < len(s.names) && strings.HasPrefix(s.names[at], prefix); count++ {
		if count == most {
			answer.NextMarker = s.names[at]
			break
		}
		name := s.names[at]
		if end := strings.Index(name[len(prefix):], "/"); delimiter != "" && end >= 0 {
			folder := name[:len(prefix)+end+1]
			answer.Blobs.BlobPrefix = append(answer.Blobs.BlobPrefix, listPrefix{folder})
			at = sort.SearchStrings(s.names, folder+"\xff")
			continue
		}
		answer.Blobs.Blob = append(answer.Blobs.Blob, listBlob{name, listProperties{
			LastModified: "Thu, 02 Jan 2025 03:04:05 GMT", Etag: "0x1", ContentLength: s.sizes[name], BlobType: "BlockBlob",
		}})
		at++
	}
	w.Header().Set("Content-Type", "application/xml")
	_ = xml.NewEncoder(w).Encode(answer) // the client sees what is missing
}
