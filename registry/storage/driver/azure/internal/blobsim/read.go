package blobsim

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// read is Get Blob, and Get Blob Properties, whose body serve drops.
//
// The destination of a pending copy is served as what it holds so far: nothing.
// The reference only says that such a blob's copy status tells.
func (s *Service) read(r *request, b *blob) *answer {
	if b == nil {
		return blobNotFound()
	}
	if b.directory() && r.op == GetBlob {
		return refuse(http.StatusConflict, "ResourceTypeMismatch", "The resource is a directory.")
	}
	if refusal := readCondition(r.header, b); refusal != nil {
		return refusal
	}
	given := r.header.Get("x-ms-range")
	if given == "" {
		given = r.header.Get("Range")
	}
	if given == "" || r.op == GetProperties || r.plan.IgnoreRange {
		return whole(b)
	}
	from, to, ok := parseRange(given, len(b.data))
	if !ok {
		return refuse(http.StatusRequestedRangeNotSatisfiable, "InvalidRange",
			"The range specified is invalid for the current size of the resource.")
	}
	a := succeed(http.StatusPartialContent)
	a.header = b.properties()
	a.body = b.data[from:to]
	a.header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, to-1, len(b.data)))
	a.header.Set("Content-Length", strconv.Itoa(to-from))
	if b.md5 != nil {
		a.header.Set("x-ms-blob-content-md5", encode(b.md5))
	}
	return a
}

func whole(b *blob) *answer {
	a := succeed(http.StatusOK)
	a.header = b.properties()
	a.header.Set("Content-Length", strconv.Itoa(len(b.data)))
	if b.md5 != nil {
		a.header.Set(headerMD5, encode(b.md5))
	}
	a.body = b.data
	return a
}

// parseRange understands "bytes=from-" and "bytes=from-to", and gives the
// half-open range of a blob of that size.
func parseRange(header string, size int) (from, to int, ok bool) {
	first, last, found := strings.Cut(strings.TrimPrefix(header, "bytes="), "-")
	from, err := strconv.Atoi(first)
	if !found || err != nil || from >= size {
		return 0, 0, false
	}
	to = size
	if last != "" {
		end, err := strconv.Atoi(last)
		if err != nil || end < from {
			return 0, 0, false
		}
		to = min(end+1, size)
	}
	return from, to, true
}
