package blobsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultContentType = "application/octet-stream"

// putBlob is Put Blob for a block blob.
func (s *Service) putBlob(at time.Time, r *request, old *blob) *answer {
	if len(r.body) > s.MaxBlock {
		return tooLarge()
	}
	if refusal := verifyChecksums(r); refusal != nil {
		return refusal
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	// A block blob can't replace an append blob.
	if s.wrongType(r.container, r.name, old, BlockBlob) {
		return invalidBlobType()
	}
	b := newBlob(at, r, BlockBlob, old)
	b.data = slices.Clone(r.body)
	b.md5 = md5Of(r.body)
	s.store(at, r.op, r.container, r.name, b)
	a := written(http.StatusCreated, b)
	answerChecksum(r, a.header)
	a.header.Set(headerMD5, encode(b.md5))
	return a
}

// createAppend is Put Blob for an append blob, which always comes out empty.
func (s *Service) createAppend(at time.Time, r *request, old *blob) *answer {
	if len(r.body) > 0 {
		return invalidHeader("Content-Length")
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	if s.wrongType(r.container, r.name, old, AppendBlob) {
		return invalidBlobType()
	}
	b := newBlob(at, r, AppendBlob, old)
	s.store(at, r.op, r.container, r.name, b)
	return written(http.StatusCreated, b)
}

func (s *Service) appendBlock(at time.Time, r *request, old *blob) *answer {
	switch {
	case len(r.body) == 0:
		return invalidHeader("Content-Length")
	case len(r.body) > s.MaxBlock:
		return tooLarge()
	case old == nil:
		return blobNotFound()
	case old.kind != AppendBlob:
		return invalidBlobType()
	}
	if refusal := verifyChecksums(r); refusal != nil {
		return refusal
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	if refusal := positionCondition(r, old); refusal != nil {
		return refusal
	}
	if old.blocks >= s.MaxBlocks {
		return refuse(http.StatusConflict, "BlockCountExceedsLimit",
			"The committed block count cannot exceed the maximum limit of 50,000 blocks.")
	}
	b := new(*old)
	b.data = slices.Concat(old.data, r.body)
	b.blocks++
	b.copy = copyState{} // "Get Blob": gone once the blob was modified after the copy
	s.store(at, r.op, r.container, r.name, b)
	a := written(http.StatusCreated, b)
	answerChecksum(r, a.header)
	a.header.Set("x-ms-blob-append-offset", strconv.Itoa(len(old.data)))
	a.header.Set("x-ms-blob-committed-block-count", strconv.Itoa(b.blocks))
	return a
}

// positionCondition evaluates the two conditions that only Append Block has.
func positionCondition(r *request, b *blob) *answer {
	if value := r.header.Get("x-ms-blob-condition-appendpos"); value != "" {
		position, err := strconv.Atoi(value)
		if err != nil || position < 0 {
			return invalidHeader("x-ms-blob-condition-appendpos")
		}
		if position != len(b.data) {
			return refuse(http.StatusPreconditionFailed, "AppendPositionConditionNotMet",
				"The append position condition specified was not met.")
		}
	}
	if value := r.header.Get("x-ms-blob-condition-maxsize"); value != "" {
		limit, err := strconv.Atoi(value)
		if err != nil || limit < 0 {
			return invalidHeader("x-ms-blob-condition-maxsize")
		}
		if len(b.data)+len(r.body) > limit {
			return refuse(http.StatusPreconditionFailed, "MaxBlobSizeConditionNotMet",
				"The max blob size condition specified was not met.")
		}
	}
	return nil
}

// setMetadata is Set Blob Metadata. It leaves what is known of a copy, unlike
// the writes that "Get Blob" lists.
func (s *Service) setMetadata(at time.Time, r *request, old *blob) *answer {
	if old == nil {
		return blobNotFound()
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	b := new(*old)
	b.metadata = metadataOf(r.header)
	s.store(at, r.op, r.container, r.name, b)
	return written(http.StatusOK, b)
}

// delete is Delete Blob. Whether the destination of a pending copy can be
// deleted the reference doesn't say; the model refuses, as for other writes.
func (s *Service) delete(at time.Time, r *request, old *blob) *answer {
	if old == nil {
		return blobNotFound()
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	switch include := r.header.Get("x-ms-delete-snapshots"); {
	case old.directory() && s.notEmpty(r.container, r.name):
		return directoryIsNotEmpty()
	case old.directory() && include != "": // "Delete Blob": not for directories
		return refuse(http.StatusBadRequest, "OperationNotSupportedOnDirectory", "This operation is not supported on a directory.")
	case old.directory():
		delete(s.containers[r.container], r.name) // nothing that anybody stored
		return succeed(http.StatusAccepted)
	case old.snapshots && include != "include":
		return refuse(http.StatusConflict, "SnapshotsPresent", "This operation is not permitted while the blob has snapshots.")
	}
	s.store(at, r.op, r.container, r.name, nil)
	a := succeed(http.StatusAccepted)
	a.header.Set("x-ms-delete-type-permanent", "true")
	return a
}

// writable evaluates what every write to an existing blob must pass.
func writable(at time.Time, r *request, old *blob) *answer {
	if refusal := writeCondition(r.header, old); refusal != nil {
		return refusal
	}
	if refusal := refusedByKind(at, old); refusal != nil {
		return refusal
	}
	if old != nil && old.copy.status == copyPending {
		return pendingCopy()
	}
	return nil
}

func newBlob(at time.Time, r *request, kind Type, old *blob) *blob {
	b := &blob{kind: kind, created: at, contentType: defaultContentType, metadata: metadataOf(r.header)}
	if old != nil {
		b.created, b.snapshots = old.created, old.snapshots
	}
	if given := r.header.Get("x-ms-blob-content-type"); given != "" {
		b.contentType = given
	}
	return b
}

func metadataOf(header http.Header) http.Header {
	metadata := http.Header{}
	for name, values := range header {
		if strings.HasPrefix(strings.ToLower(name), "x-ms-meta-") {
			metadata[name] = slices.Clone(values)
		}
	}
	return metadata
}

// written is the answer to a write of a blob.
func written(status int, b *blob) *answer {
	a := succeed(status)
	a.header.Set("ETag", b.etag)
	a.header.Set("Last-Modified", httpTime(b.modified))
	a.header.Set("x-ms-request-server-encrypted", "true")
	return a
}

func tooLarge() *answer {
	return refuse(http.StatusRequestEntityTooLarge, "RequestBodyTooLarge",
		"The request body is too large and exceeds the maximum permissible limit.")
}
