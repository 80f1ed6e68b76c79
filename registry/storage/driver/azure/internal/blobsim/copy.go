package blobsim

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// copyBlob is Copy Blob. The plan says whether the copy ends at once, later, or
// not well. An aborted or failed copy leaves an empty destination (REST: "Abort
// Copy Blob": "leaves a destination blob with zero length and full metadata").
func (s *Service) copyBlob(at time.Time, r *request, old *blob) *answer {
	from, err := url.Parse(r.header.Get("x-ms-copy-source"))
	if err != nil {
		return invalidHeader("x-ms-copy-source")
	}
	container, name := splitPath(from)
	name = Names(name)
	source := s.containers[container][name]
	if refusal := copyable(r, source); refusal != nil {
		return refusal
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	// "If the destination blob already exists, it must be of the same blob
	// type as the source blob."
	if s.wrongType(r.container, r.name, old, source.kind) {
		return invalidBlobType()
	}
	from.RawQuery = "" // the reference shows the source without its signature
	b := &blob{
		kind: source.kind, created: at, contentType: source.contentType, metadata: metadataOf(r.header),
		copy: copyState{
			id:     fmt.Sprintf("%08x-c0b1-0000-0000-000000000000", s.ids.Add(1)),
			status: copyPending, source: from.String(), total: len(source.data),
		},
	}
	if old != nil {
		b.snapshots = old.snapshots
	}
	if len(b.metadata) == 0 {
		b.metadata = source.metadata
	}
	if r.plan.CopyFor == 0 || s.after == nil {
		b.finish(at, source)
		s.store(at, r.op, r.container, r.name, b)
	} else {
		s.store(at, r.op, r.container, r.name, b)
		s.endCopyLater(at, r, container, name, source.etag)
	}
	a := written(http.StatusAccepted, b)
	a.header.Set("x-ms-copy-id", b.copy.id)
	a.header.Set("x-ms-copy-status", b.copy.status)
	return a
}

// copyable evaluates what the source of a copy must pass.
func copyable(r *request, source *blob) *answer {
	if source == nil || source.directory() {
		return blobNotFound()
	}
	if want := r.header.Get("x-ms-source-if-match"); want != "" && !sameETag(want, source.etag) {
		return refuse(http.StatusPreconditionFailed, "SourceConditionNotMet",
			"The source condition specified using HTTP conditional header(s) is not met.")
	}
	if source.copy.status == copyPending {
		return pendingCopy()
	}
	return nil
}

// endCopyLater lets a pending copy succeed or fail. It fails, too, if its
// source has changed by then: the service reads the source under the ETag it
// had at the start.
func (s *Service) endCopyLater(at time.Time, r *request, container, name, etag string) {
	id := s.containers[r.container][r.name].copy.id
	s.after(at.Add(time.Duration(r.plan.CopyFor)*Slot), func(at time.Time) {
		pending := s.containers[r.container][r.name]
		if pending == nil || pending.copy.id != id || pending.copy.status != copyPending {
			return
		}
		b := new(*pending)
		source := s.containers[container][name]
		switch {
		case r.plan.CopyFails:
			b.end(at, copyFailed, "500 InternalServerError \"Copy failed.\"")
		case source == nil:
			b.end(at, copyFailed, "404 BlobNotFound \"Copy failed when reading the source.\"")
		case source.etag != etag:
			b.end(at, copyFailed, "412 ConditionNotMet \"Copy failed when reading the source.\"")
		default:
			b.finish(at, source)
		}
		s.store(at, CopyBlob, r.container, r.name, b)
	})
}

func (b *blob) finish(at time.Time, source *blob) {
	b.data, b.blocks, b.list, b.md5 = source.data, source.blocks, source.list, source.md5
	b.end(at, copySuccess, "")
}

func (b *blob) end(at time.Time, status, description string) {
	b.copy.status, b.copy.completed, b.copy.description = status, at, description
}

func (s *Service) abortCopy(at time.Time, r *request, old *blob) *answer {
	switch {
	case old == nil:
		return blobNotFound()
	case old.copy.status != copyPending:
		return refuse(http.StatusConflict, "NoPendingCopyOperation", "There is currently no pending copy operation.")
	case old.copy.id != r.query.Get("copyid"):
		return refuse(http.StatusConflict, "CopyIdMismatch",
			"The specified copy ID did not match the copy ID for the pending copy operation.")
	}
	b := new(*old)
	b.end(at, copyAborted, "")
	s.store(at, r.op, r.container, r.name, b)
	return succeed(http.StatusNoContent)
}
