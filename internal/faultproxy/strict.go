package faultproxy

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the checksum that the REST API uses
	"encoding/base64"
	"encoding/binary"
	"hash/crc64"
	"io"
	"net/http"
	"sync"
	"time"
)

// Strict makes the proxy refuse what the service refuses and Azurite lets pass, whether or not
// a fault strikes:
//
//   - 409 InvalidBlobType for a block blob that would replace an append blob, or an append
//     blob that would replace another type. The proxy knows the type of a blob once the blob was
//     made, read or looked at through it.
//   - 400 Crc64Mismatch and Md5Mismatch for a body that its checksum header contradicts. Bodies that
//     carry one are gathered in memory before they are forwarded.
func Strict() Option {
	return func(p *Proxy) { p.service.strict = &strictness{types: map[string]string{}} }
}

// Versioned is [Strict] for an account that keeps versions: all versions of a name have one type, so a name
// keeps its blob's type when the blob is deleted (versioning-overview; camel-quarkus PR 9117), and
// x-ms-version-id is in the answers to what makes a version.
func Versioned() Option {
	return func(p *Proxy) { p.service.strict = &strictness{types: map[string]string{}, versioned: true} }
}

// strictness knows what the service would refuse. A nil one refuses nothing.
type strictness struct {
	versioned bool

	mu    sync.Mutex
	types map[string]string // x-ms-blob-type by container and blob
}

func (s *strictness) refusal(c *call) (*Reply, error) {
	if s == nil {
		return nil, nil
	}
	if s.wrongType(c) {
		return &invalidBlobType, nil
	}
	if !hasChecksum(c.Header) {
		return nil, nil
	}
	content, err := io.ReadAll(c.content)
	if err != nil {
		return nil, err
	}
	c.content = bytes.NewReader(content)
	return checksumMismatch(c.Header, content), nil
}

// wrongType reports whether the call would replace a blob of another type. One with
// If-None-Match fails for a better reason.
func (s *strictness) wrongType(c *call) bool {
	if c.op != Create && c.op != Put || c.Header.Get("If-None-Match") != "" {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, ok := s.types[c.path]
	return ok && known != c.Header.Get("x-ms-blob-type")
}

// learn takes from a call that was carried out what it says about the blob's type.
func (s *strictness) learn(c call, resp *http.Response) {
	if s == nil || resp.StatusCode >= 300 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch c.op {
	case Create, Put:
		s.types[c.path] = c.Header.Get("x-ms-blob-type")
	case Head, Get:
		s.types[c.path] = resp.Header.Get("x-ms-blob-type")
	case Copy, Delete:
		if !s.versioned {
			delete(s.types, c.path)
		}
	}
	if s.versioned && (makes(c.op) || c.op == Metadata) {
		resp.Header.Set("x-ms-version-id", time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"))
	}
}

// crc64Table is for the polynomial of x-ms-content-crc64, which is not one of the usual
// ones (REST page "Append Block"; the SDK's sources name the value).
var crc64Table = crc64.MakeTable(0x9A6C9329AC4BC9B5)

func hasChecksum(header http.Header) bool {
	return header.Get("x-ms-content-crc64") != "" || header.Get("Content-MD5") != ""
}

// checksumMismatch is the service's answer to a body that its checksum headers
// contradict, nil if they don't.
func checksumMismatch(header http.Header, content []byte) *Reply {
	crc := binary.LittleEndian.AppendUint64(nil, crc64.Checksum(content, crc64Table))
	sum := md5.Sum(content) //nolint:gosec // as above
	switch {
	case contradicts(header.Get("x-ms-content-crc64"), crc):
		return &Reply{
			Status:  http.StatusBadRequest,
			Code:    "Crc64Mismatch",
			Message: "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.",
		}
	case contradicts(header.Get("Content-MD5"), sum[:]):
		return &Reply{
			Status:  http.StatusBadRequest,
			Code:    "Md5Mismatch",
			Message: "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
		}
	}
	return nil
}

func contradicts(header string, sum []byte) bool {
	return header != "" && header != base64.StdEncoding.EncodeToString(sum)
}
