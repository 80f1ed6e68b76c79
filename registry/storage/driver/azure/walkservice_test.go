package azure

import (
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// listedService is a Blob service that holds names only. It answers listings and
// Get Blob Properties, the way the REST reference's pages of these names say.
// Not for concurrent use.
type listedService struct {
	blobs     []listedBlob // in the order in which they are listed
	index     map[string]listedBlob
	pageLimit int // most entries in a page, 0 for 5,000
	requests  atomic.Int64
}

// listedBlob is a blob and what is special about it.
type listedBlob struct {
	name     string
	size     int
	copying  string // x-ms-copy-status
	isFolder bool   // hdi_isfolder
}

func (b listedBlob) modified() string {
	return time.Unix(1_700_000_000+int64(len(b.name)), 0).UTC().Format(http.TimeFormat)
}

// newListedService lists names in the order of their bytes, or with "/" before
// everything, as an account with hierarchical namespace does.
func newListedService(blobs []listedBlob, hierarchical bool) *listedService {
	s := &listedService{blobs: slices.Clone(blobs), index: map[string]listedBlob{}}
	compare := func(a, b listedBlob) int { return strings.Compare(a.name, b.name) }
	if hierarchical {
		compare = func(a, b listedBlob) int {
			return strings.Compare(strings.ReplaceAll(a.name, "/", "\x00"), strings.ReplaceAll(b.name, "/", "\x00"))
		}
	}
	slices.SortFunc(s.blobs, compare)
	for _, b := range blobs {
		s.index[b.name] = b
	}
	return s
}

// driver is a driver with no other storage than this.
func (s *listedService) driver(tb testing.TB, root string) *driver {
	tb.Helper()
	p := DriverParameters{AccountName: "account", AccountKey: "a2V5", Container: "registry", RootDirectory: root}
	settings, _, err := config.Interpret(&p)
	if err != nil {
		tb.Fatal(err)
	}
	d, err := newDriver(settings, s)
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// Do implements policy.Transporter.
func (s *listedService) Do(req *http.Request) (*http.Response, error) {
	s.requests.Add(1)
	resp := &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"X-Ms-Request-Id": {"1"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}},
		Request: req, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	body := ""
	if query := req.URL.Query(); query.Get("comp") == "list" {
		resp.Header.Set("Content-Type", "application/xml")
		body = s.list(query)
	} else {
		s.properties(resp, strings.TrimPrefix(req.URL.Path, "/registry/"))
	}
	resp.Body = io.NopCloser(strings.NewReader(body))
	return resp, nil
}

func (s *listedService) properties(resp *http.Response, name string) {
	b, ok := s.index[name]
	if !ok {
		resp.StatusCode = http.StatusNotFound
		resp.Header.Set("x-ms-error-code", "BlobNotFound")
		return
	}
	resp.Header.Set("Content-Length", strconv.Itoa(b.size))
	resp.Header.Set("Last-Modified", b.modified())
	resp.Header.Set("ETag", `"1"`)
	resp.Header.Set("x-ms-blob-type", "BlockBlob")
	if b.copying != "" {
		resp.Header.Set("x-ms-copy-status", b.copying)
	}
	if b.isFolder {
		resp.Header.Set("x-ms-meta-hdi_isfolder", "true")
	}
}

// list answers one page. The marker is the position to go on from.
func (s *listedService) list(query url.Values) string {
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	at, _ := strconv.Atoi(query.Get("marker"))
	limit := s.limit(query.Get("maxresults"))
	var items strings.Builder
	for n := 0; at < len(s.blobs); {
		b := s.blobs[at]
		if !strings.HasPrefix(b.name, prefix) {
			at++
			continue
		}
		if n == limit {
			break
		}
		n++
		group, grouped := groupOf(b.name, prefix, delimiter)
		if !grouped {
			writeListed(&items, b, query.Get("include"))
			at++
			continue
		}
		items.WriteString("<BlobPrefix><Name>" + escaped(group) + "</Name></BlobPrefix>")
		for at < len(s.blobs) && strings.HasPrefix(s.blobs[at].name, group) {
			at++
		}
	}
	marker := ""
	if at < len(s.blobs) {
		marker = strconv.Itoa(at)
	}
	return xml.Header + "<EnumerationResults><Blobs>" + items.String() + "</Blobs><NextMarker>" + marker + "</NextMarker></EnumerationResults>"
}

func (s *listedService) limit(maxresults string) int {
	limit := 5000
	if n, err := strconv.Atoi(maxresults); err == nil {
		limit = min(limit, n)
	}
	if s.pageLimit > 0 {
		limit = min(limit, s.pageLimit)
	}
	return limit
}

// groupOf is the folder as which a listing by delimiter shows a name.
func groupOf(name, prefix, delimiter string) (string, bool) {
	i := strings.Index(name[len(prefix):], delimiter)
	if delimiter == "" || i < 0 {
		return "", false
	}
	return name[:len(prefix)+i+len(delimiter)], true
}

func writeListed(to *strings.Builder, b listedBlob, include string) {
	to.WriteString("<Blob><Name>" + escaped(b.name) + "</Name><Properties><Last-Modified>" + b.modified() +
		"</Last-Modified><Content-Length>" + strconv.Itoa(b.size) + "</Content-Length>")
	if b.copying != "" && strings.Contains(include, "copy") {
		to.WriteString("<CopyStatus>" + b.copying + "</CopyStatus>")
	}
	to.WriteString("</Properties>")
	if b.isFolder && strings.Contains(include, "metadata") {
		to.WriteString("<Metadata><hdi_isfolder>true</hdi_isfolder></Metadata>")
	}
	to.WriteString("</Blob>")
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}
