// Package sink is a Blob endpoint that is fast enough not to be what a
// measurement measures. It presents itself as Azure's service, checks nothing
// but what a client relies on, and forgets the bytes of large blobs: it gives
// back zeros instead.
package sink

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// kept is the size in bytes up to which a blob's content is kept.
const kept = 256 << 10

// Sink is one container of one account, whatever they are called. Safe for
// concurrent use.
type Sink struct {
	server *httptest.Server

	mu    sync.Mutex
	blobs map[string]*blob
	names []string // sorted, unless Put has been called since the last request
	added bool     // by Put
	etags int
}

// blob is immutable but for appends, which happen one at a time.
type blob struct {
	kind     string
	data     []byte // only while the size is at most kept
	size     int64
	etag     string
	modified time.Time
	copied   bool
}

// Start starts a sink on a free port of the loopback interface.
func Start() *Sink {
	s := &Sink{blobs: map[string]*blob{}}
	s.server = httptest.NewServer(s)
	return s
}

// URL is that of the account: what the registry calls serviceurl.
func (s *Sink) URL() string { return s.server.URL + "/account" }

// Close stops the sink.
func (s *Sink) Close() { s.server.Close() }

// Clear forgets all blobs.
func (s *Sink) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.blobs)
	s.names, s.added = nil, false
}

// Put stores a block blob. It is made for many: they are put in order only when
// the next request comes.
func (s *Sink) Put(name string, content []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.blobs[name] == nil {
		s.names, s.added = append(s.names, name), true
	}
	b := &blob{kind: "BlockBlob", data: content, size: int64(len(content))}
	s.blobs[name] = b
	s.touch(b)
}

// Sum is the same for sinks that hold the same: names, sizes and contents, as far as
// they are kept.
func (s *Sink) Sum() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.blobs)) {
		b := s.blobs[name]
		fmt.Fprintf(sum, "%q %d %q\n", name, b.size, b.data)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ServeHTTP implements http.Handler.
func (s *Sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	header.Set("x-ms-request-id", "0")
	header.Set("x-ms-version", r.Header.Get("x-ms-version"))
	parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
	name := ""
	if len(parts) == 3 {
		name = parts[2]
	}
	body, size, err := read(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.added {
		slices.Sort(s.names)
		s.added = false
	}
	query := r.URL.Query()
	switch {
	case name == "" && query.Get("comp") == "list":
		s.list(w, query)
	case name == "" && query.Get("comp") == "batch":
		s.batch(w, r, body)
	case name == "":
		w.WriteHeader(http.StatusOK) // whatever is asked about the container
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		s.get(w, r, s.blobs[name])
	case r.Method == http.MethodDelete:
		s.remove(w, r, name)
	case r.Method == http.MethodPut && query.Get("comp") == "appendblock":
		s.append(w, r, s.blobs[name], body, size)
	case r.Method == http.MethodPut && query.Get("comp") == "metadata":
		s.touched(w, r, s.blobs[name])
	case r.Method == http.MethodPut && r.Header.Get("x-ms-copy-source") != "":
		s.copy(w, r, name)
	case r.Method == http.MethodPut && query.Get("comp") == "":
		s.put(w, r, name, body, size)
	default:
		refuse(w, http.StatusNotImplemented, "NotImplemented")
	}
}

var buffers = sync.Pool{New: func() any { return new([128 << 10]byte) }}

// read takes in a body and keeps it if it is small.
func read(from io.Reader) (small []byte, size int64, err error) {
	buffer := buffers.Get().(*[128 << 10]byte)
	defer buffers.Put(buffer)
	for {
		n, err := from.Read(buffer[:])
		if size += int64(n); size <= kept {
			small = append(small, buffer[:n]...)
		}
		if err == io.EOF {
			return small, size, nil
		}
		if err != nil {
			return nil, 0, err
		}
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("x-ms-error-code", code)
	w.WriteHeader(status)
}

// store makes b the blob of that name.
func (s *Sink) store(name string, b *blob) {
	if s.blobs[name] == nil {
		at, _ := slices.BinarySearch(s.names, name)
		s.names = slices.Insert(s.names, at, name)
	}
	s.blobs[name] = b
	s.touch(b)
}

func (s *Sink) touch(b *blob) {
	s.etags++
	b.etag = fmt.Sprintf(`"0x%X"`, s.etags)
	b.modified = time.Now()
}

// conditions refuses a write under If-Match or If-None-Match: *.
func conditions(w http.ResponseWriter, r *http.Request, b *blob) bool {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case none == "*" && b != nil:
		refuse(w, http.StatusConflict, "BlobAlreadyExists")
	case match != "" && match != "*" && (b == nil || b.etag != match):
		refuse(w, http.StatusPreconditionFailed, "ConditionNotMet")
	default:
		return true
	}
	return false
}

func written(w http.ResponseWriter, b *blob, status int) {
	w.Header().Set("ETag", b.etag)
	w.Header().Set("Last-Modified", b.modified.UTC().Format(http.TimeFormat))
	w.WriteHeader(status)
}

func (s *Sink) put(w http.ResponseWriter, r *http.Request, name string, body []byte, size int64) {
	if !conditions(w, r, s.blobs[name]) {
		return
	}
	b := &blob{kind: r.Header.Get("x-ms-blob-type"), data: body, size: size}
	s.store(name, b)
	written(w, b, http.StatusCreated)
}

func (s *Sink) append(w http.ResponseWriter, r *http.Request, b *blob, body []byte, size int64) {
	if b == nil {
		refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	if position := r.Header.Get("x-ms-blob-condition-appendpos"); position != "" && position != strconv.FormatInt(b.size, 10) {
		refuse(w, http.StatusPreconditionFailed, "AppendPositionConditionNotMet")
		return
	}
	w.Header().Set("x-ms-blob-append-offset", strconv.FormatInt(b.size, 10))
	w.Header().Set("x-ms-blob-committed-block-count", "1")
	if b.size += size; b.size <= kept {
		b.data = append(b.data, body...)
	} else {
		b.data = nil
	}
	s.touch(b)
	written(w, b, http.StatusCreated)
}

// touched answers Set Blob Metadata, and forgets what that says.
func (s *Sink) touched(w http.ResponseWriter, r *http.Request, b *blob) {
	switch {
	case b == nil:
		refuse(w, http.StatusNotFound, "BlobNotFound")
	case conditions(w, r, b):
		s.touch(b)
		written(w, b, http.StatusOK)
	}
}

func (s *Sink) copy(w http.ResponseWriter, r *http.Request, name string) {
	_, source, _ := strings.Cut(r.Header.Get("x-ms-copy-source"), "/account/")
	_, source, _ = strings.Cut(source, "/")
	from := s.blobs[unescaped(source)]
	if from == nil {
		refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	if !conditions(w, r, s.blobs[name]) {
		return
	}
	b := &blob{kind: from.kind, data: from.data, size: from.size, copied: true}
	s.store(name, b)
	w.Header().Set("x-ms-copy-id", "1")
	w.Header().Set("x-ms-copy-status", "success")
	written(w, b, http.StatusAccepted)
}

func (s *Sink) remove(w http.ResponseWriter, r *http.Request, name string) {
	b := s.blobs[name]
	if b == nil {
		refuse(w, http.StatusNotFound, "BlobNotFound")
		return
	}
	if conditions(w, r, b) {
		delete(s.blobs, name)
		at, _ := slices.BinarySearch(s.names, name)
		s.names = slices.Delete(s.names, at, at+1)
		w.WriteHeader(http.StatusAccepted)
	}
}
