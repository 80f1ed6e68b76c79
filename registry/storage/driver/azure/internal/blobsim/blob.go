package blobsim

import (
	"crypto/md5" //nolint:gosec // the service's own checksum of a blob
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Type is a blob's type, as in the header x-ms-blob-type.
type Type string

// The types that the model knows.
const (
	AppendBlob Type = "AppendBlob"
	BlockBlob  Type = "BlockBlob"
)

// The values of x-ms-copy-status.
const (
	copyPending = "pending"
	copySuccess = "success"
	copyFailed  = "failed"
	copyAborted = "aborted"
)

// blob is what is stored under a name. A blob is never changed in place: a
// write makes a new one, so that an answer that is still being read keeps the
// bytes that it was given.
type blob struct {
	kind        Type
	data        []byte
	etag        string
	created     time.Time
	modified    time.Time
	md5         []byte // stored by Put Blob; an append blob has none
	contentType string
	metadata    http.Header // x-ms-meta-* as they came
	blocks      int         // committed blocks of an append blob
	list        []block     // that Put Block List made a block blob of
	snapshots   bool        // somebody took one of it
	leased      time.Time   // until when somebody holds a lease
	copy        copyState   // zero if the blob was never a copy's destination
}

// copyState is what a copy left on its destination.
type copyState struct {
	id          string
	status      string // "" or one of the constants
	source      string // URL
	total       int    // bytes of the source
	completed   time.Time
	description string
}

// complete tells whether the blob is what somebody stored, and not what a copy
// that hasn't succeeded left there.
func (b *blob) complete() bool {
	return b != nil && (b.copy.status == "" || b.copy.status == copySuccess)
}

// properties are the headers that Get Blob and Get Blob Properties answer.
func (b *blob) properties() http.Header {
	h := http.Header{}
	h.Set("ETag", b.etag)
	h.Set("Last-Modified", httpTime(b.modified))
	h.Set("x-ms-creation-time", httpTime(b.created))
	h.Set("x-ms-blob-type", string(b.kind))
	h.Set("Content-Type", b.contentType)
	h.Set("Accept-Ranges", "bytes")
	h.Set("x-ms-server-encrypted", "true")
	h.Set("x-ms-lease-status", "unlocked")
	h.Set("x-ms-lease-state", "available")
	if b.kind == AppendBlob {
		h.Set("x-ms-blob-committed-block-count", strconv.Itoa(b.blocks))
	}
	for name, values := range b.metadata {
		h[name] = slices.Clone(values)
	}
	b.copy.describe(h)
	return h
}

// describe adds the headers of a copy to those of its destination.
func (c copyState) describe(h http.Header) {
	if c.status == "" {
		return
	}
	h.Set("x-ms-copy-id", c.id)
	h.Set("x-ms-copy-status", c.status)
	h.Set("x-ms-copy-source", c.source)
	h.Set("x-ms-copy-progress", c.progress())
	if c.status != copyPending {
		h.Set("x-ms-copy-completion-time", httpTime(c.completed))
	}
	if c.description != "" {
		h.Set("x-ms-copy-status-description", c.description)
	}
}

func (c copyState) progress() string {
	done := 0
	if c.status == copySuccess {
		done = c.total
	}
	return fmt.Sprintf("%d/%d", done, c.total)
}

func httpTime(t time.Time) string {
	return t.UTC().Format(http.TimeFormat)
}

func md5Of(p []byte) []byte {
	sum := md5.Sum(p) //nolint:gosec // see the import
	return sum[:]
}

func encode(p []byte) string {
	return base64.StdEncoding.EncodeToString(p)
}
