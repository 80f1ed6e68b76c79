package sink

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// zeros is an endless stream of them.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func unescaped(path string) string {
	if name, err := url.PathUnescape(path); err == nil {
		return name
	}
	return path
}

// get answers Get Blob and Get Blob Properties. The lock is held while a small
// answer is written, but released for a large one.
func (s *Sink) get(w http.ResponseWriter, r *http.Request, b *blob) {
	if b == nil {
		refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	header := w.Header()
	header.Set("ETag", b.etag)
	header.Set("Last-Modified", b.modified.UTC().Format(http.TimeFormat))
	header.Set("Content-Type", "application/octet-stream")
	header.Set("x-ms-blob-type", b.kind)
	if b.copied {
		header.Set("x-ms-copy-id", "1")
		header.Set("x-ms-copy-status", "success")
		header.Set("x-ms-copy-source", s.URL())
	}
	start, end, status := extent(r, b.size)
	if start > end || start == end && status == http.StatusPartialContent {
		refuse(w, http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
		return
	}
	if status == http.StatusPartialContent {
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, b.size))
	}
	header.Set("Content-Length", strconv.FormatInt(end-start, 10))
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	if b.size <= kept {
		_, _ = io.Copy(w, bytes.NewReader(b.data[start:end]))
		return
	}
	s.mu.Unlock()
	defer s.mu.Lock()
	_, _ = io.CopyN(w, zeros{}, end-start)
}

// extent is the part of a blob that is asked for, and the status to go with it.
func extent(r *http.Request, size int64) (start, end int64, status int) {
	asked := r.Header.Get("x-ms-range")
	if asked == "" {
		asked = r.Header.Get("Range")
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(asked, "bytes="), "-")
	if !ok {
		return 0, size, http.StatusOK
	}
	start, _ = strconv.ParseInt(first, 10, 64)
	end = size
	if last, err := strconv.ParseInt(last, 10, 64); err == nil {
		end = min(end, last+1)
	}
	return start, end, http.StatusPartialContent
}

// list answers List Blobs, flat or by delimiter. The marker is the name after
// which to go on.
func (s *Sink) list(w http.ResponseWriter, query url.Values) {
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	after, _ := base64.RawURLEncoding.DecodeString(query.Get("marker"))
	limit := 5000
	if n, err := strconv.Atoi(query.Get("maxresults")); err == nil {
		limit = min(limit, n)
	}
	names := s.names
	at, _ := slices.BinarySearch(names, max(prefix, string(after)))
	var items bytes.Buffer
	marker := ""
	for n := 0; at < len(names) && strings.HasPrefix(names[at], prefix); n++ {
		if n == limit {
			marker = base64.RawURLEncoding.EncodeToString([]byte(names[at]))
			break
		}
		name := names[at]
		i := strings.Index(name[len(prefix):], delimiter)
		if delimiter == "" || i < 0 {
			item(&items, name, s.blobs[name])
			at++
			continue
		}
		folder := name[:len(prefix)+i+1]
		items.WriteString("<BlobPrefix><Name>")
		_ = xml.EscapeText(&items, []byte(folder)) // a bytes.Buffer takes everything
		items.WriteString("</Name></BlobPrefix>")
		next, _ := slices.BinarySearch(names[at:], folder+"\xff")
		at += next
	}
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprintf(w, "%s<EnumerationResults><Blobs>%s</Blobs><NextMarker>%s</NextMarker></EnumerationResults>", xml.Header, &items, marker)
}

func item(to *bytes.Buffer, name string, b *blob) {
	to.WriteString("<Blob><Name>")
	_ = xml.EscapeText(to, []byte(name))
	fmt.Fprintf(to, "</Name><Properties><Last-Modified>%s</Last-Modified><Etag>%s</Etag><Content-Length>%d</Content-Length><BlobType>%s</BlobType></Properties></Blob>",
		b.modified.UTC().Format(http.TimeFormat), strings.Trim(b.etag, `"`), b.size, b.kind)
}
