package blobsim

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// block is a block of a block blob.
type block struct {
	id   string
	data []byte
}

// mostBlockID is the most bytes that the name of a block may have (REST: "Put Block").
const mostBlockID = 64

// putBlock is Put Block. Whose block it is doesn't matter: the last one of a name
// counts. No condition but a lease's is known to it.
func (s *Service) putBlock(at time.Time, r *request, old *blob) *answer {
	id := r.query.Get("blockid")
	raw, err := base64.StdEncoding.DecodeString(id)
	switch {
	case err != nil || len(raw) == 0 || len(raw) > mostBlockID:
		return refuse(http.StatusBadRequest, "InvalidQueryParameterValue",
			"Value for one of the query parameters specified in the request URI is invalid: blockid")
	case len(r.body) == 0:
		return invalidHeader("Content-Length")
	case len(r.body) > s.MaxBlock:
		return tooLarge()
	case s.wrongType(r.container, r.name, old, BlockBlob):
		return invalidBlobType()
	}
	if refusal := verifyChecksums(r); refusal != nil {
		return refusal
	}
	if refusal := refusedByKind(at, old); refusal != nil {
		return refusal
	}
	if old != nil && old.copy.status == copyPending {
		return pendingCopy()
	}
	key := r.container + "/" + r.name
	for _, other := range slices.Concat(s.staged[key], old.listed()) {
		if len(other.id) != len(id) {
			return refuse(http.StatusBadRequest, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
		}
	}
	kept := slices.DeleteFunc(slices.Clone(s.staged[key]), func(b block) bool { return b.id == id })
	s.staged[key] = append(kept, block{id, slices.Clone(r.body)})
	a := succeed(http.StatusCreated)
	answerChecksum(r, a.header)
	return a
}

// listed are the blocks that a blob is made of.
func (b *blob) listed() []block {
	if b == nil {
		return nil
	}
	return b.list
}

// blockList is the body of Put Block List: the blocks in their order, each in an
// element that says where to look for it.
type blockList struct {
	XMLName xml.Name `xml:"BlockList"`
	Blocks  []struct {
		XMLName xml.Name
		ID      string `xml:",chardata"`
	} `xml:",any"`
}

// putBlockList is Put Block List. What isn't in the list is dropped.
func (s *Service) putBlockList(at time.Time, r *request, old *blob) *answer {
	var asked blockList
	if err := xml.Unmarshal(r.body, &asked); err != nil { //nolint:gosec // what the driver under test sent
		return refuse(http.StatusBadRequest, "InvalidXmlDocument", "The specified XML is not syntactically valid.")
	}
	if refusal := verifyChecksums(r); refusal != nil {
		return refusal
	}
	if refusal := writable(at, r, old); refusal != nil {
		return refusal
	}
	if s.wrongType(r.container, r.name, old, BlockBlob) {
		return invalidBlobType()
	}
	staged, listed := s.staged[r.container+"/"+r.name], old.listed()
	places := map[string][]block{"Latest": slices.Concat(staged, listed), "Uncommitted": staged, "Committed": listed}
	b := newBlob(at, r, BlockBlob, old)
	for _, wanted := range asked.Blocks {
		places, known := places[wanted.XMLName.Local]
		if !known {
			return refuse(http.StatusBadRequest, "UnsupportedXmlNode", "A node in the XML of the request body is not supported.")
		}
		i := slices.IndexFunc(places, func(found block) bool { return found.id == wanted.ID })
		if i < 0 {
			return refuse(http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid.")
		}
		b.list = append(b.list, places[i])
		b.data = append(b.data, places[i].data...)
	}
	s.store(at, r.op, r.container, r.name, b)
	return written(http.StatusCreated, b)
}

// listedBlock is a block in the answer to Get Block List.
type listedBlock struct {
	Name string `xml:"Name"`
	Size int    `xml:"Size"`
}

// getBlockList is Get Block List of the committed blocks.
func getBlockList(b *blob) *answer {
	switch {
	case b == nil:
		return blobNotFound()
	case b.kind != BlockBlob:
		return invalidBlobType()
	}
	var list struct {
		XMLName xml.Name      `xml:"BlockList"`
		Blocks  []listedBlock `xml:"CommittedBlocks>Block"`
	}
	for _, each := range b.list {
		list.Blocks = append(list.Blocks, listedBlock{each.id, len(each.data)})
	}
	body, err := xml.Marshal(list)
	if err != nil {
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	a := succeed(http.StatusOK)
	a.body = append([]byte(xml.Header), body...)
	a.header.Set("Content-Type", "application/xml")
	a.header.Set("ETag", b.etag)
	a.header.Set("Last-Modified", httpTime(b.modified))
	a.header.Set("x-ms-blob-content-length", strconv.Itoa(len(b.data)))
	return a
}
