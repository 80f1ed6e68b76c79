package blobsim

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxResults is what a page of a listing holds if the client doesn't say.
const maxResults = 5000

// page is the body of List Blobs.
type page struct {
	XMLName    xml.Name     `xml:"EnumerationResults"`
	Container  string       `xml:"ContainerName,attr"`
	Prefix     string       `xml:"Prefix,omitempty"`
	Marker     string       `xml:"Marker,omitempty"`
	Delimiter  string       `xml:"Delimiter,omitempty"`
	Blobs      []listedBlob `xml:"Blobs>Blob"`
	Prefixes   []listedName `xml:"Blobs>BlobPrefix"`
	NextMarker string       `xml:"NextMarker"`
}

type listedName struct {
	Name string `xml:"Name"`
}

type listedBlob struct {
	Name       string           `xml:"Name"`
	Properties listedProperties `xml:"Properties"`
}

type listedProperties struct {
	Created         string `xml:"Creation-Time"`
	Modified        string `xml:"Last-Modified"`
	ETag            string `xml:"Etag"` // without quotes, unlike the header
	Length          int    `xml:"Content-Length"`
	ContentType     string `xml:"Content-Type"`
	MD5             string `xml:"Content-MD5,omitempty"`
	BlobType        Type   `xml:"BlobType"`
	LeaseStatus     string `xml:"LeaseStatus"`
	LeaseState      string `xml:"LeaseState"`
	CopyID          string `xml:"CopyId,omitempty"`
	CopySource      string `xml:"CopySource,omitempty"`
	CopyStatus      string `xml:"CopyStatus,omitempty"`
	CopyProgress    string `xml:"CopyProgress,omitempty"`
	CopyDescription string `xml:"CopyStatusDescription,omitempty"`
}

// list is List Blobs, flat or by delimiter. A page may hold fewer items than
// asked for, or none, and still not be the last (REST: "List Blobs", remarks):
// the plan says how many. The marker is opaque to clients; here it is the name
// to go on from, encoded.
func (s *Service) list(r *request, blobs map[string]*blob) *answer {
	limit, refusal := pageLimit(r)
	if refusal != nil {
		return refusal
	}
	start, err := base64.RawURLEncoding.DecodeString(r.query.Get("marker"))
	if err != nil {
		return refuse(http.StatusBadRequest, "InvalidQueryParameterValue",
			"Value for one of the query parameters specified in the request URI is invalid: marker")
	}
	_, container, _ := strings.Cut(r.container, "/")
	result := page{
		Container: container, Prefix: r.query.Get("prefix"),
		Marker: r.query.Get("marker"), Delimiter: r.query.Get("delimiter"),
	}
	withCopies := slices.Contains(strings.Split(r.query.Get("include"), ","), "copy")
	for _, name := range slices.Sorted(maps.Keys(blobs)) {
		if name < string(start) || !strings.HasPrefix(name, result.Prefix) {
			continue
		}
		group, grouped := groupOf(name, result.Prefix, result.Delimiter)
		if n := len(result.Prefixes); grouped && n > 0 && result.Prefixes[n-1].Name == group {
			continue
		}
		if len(result.Blobs)+len(result.Prefixes) == limit {
			result.NextMarker = base64.RawURLEncoding.EncodeToString([]byte(name))
			break
		}
		if grouped {
			result.Prefixes = append(result.Prefixes, listedName{group})
		} else {
			result.Blobs = append(result.Blobs, listed(name, blobs[name], withCopies))
		}
	}
	a := succeed(http.StatusOK)
	a.header.Set("Content-Type", "application/xml")
	body, err := xml.Marshal(result)
	if err != nil {
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	a.body = append([]byte(xml.Header), body...)
	return a
}

// pageLimit is how many items this page may hold.
func pageLimit(r *request) (int, *answer) {
	limit := maxResults
	if value := r.query.Get("maxresults"); value != "" {
		given, err := strconv.Atoi(value)
		if err != nil || given < 1 {
			return 0, refuse(http.StatusBadRequest, "OutOfRangeQueryParameterValue",
				"One of the query parameters specified in the request URI is outside the permissible range.")
		}
		limit = min(limit, given)
	}
	if r.plan.ShortPage {
		limit = min(limit, r.plan.PageItems)
	}
	return limit, nil
}

// groupOf is the prefix under which a listing by delimiter shows a name.
func groupOf(name, prefix, delimiter string) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	rest := name[len(prefix):]
	i := strings.Index(rest, delimiter)
	if i < 0 {
		return "", false
	}
	return prefix + rest[:i+len(delimiter)], true
}

func listed(name string, b *blob, withCopies bool) listedBlob {
	p := listedProperties{
		Created: httpTime(b.created), Modified: httpTime(b.modified),
		ETag: strings.Trim(b.etag, `"`), Length: len(b.data), ContentType: b.contentType,
		BlobType: b.kind, LeaseStatus: "unlocked", LeaseState: "available",
	}
	if b.md5 != nil {
		p.MD5 = encode(b.md5)
	}
	// "List Blobs": the copy's properties come only with include=copy.
	if withCopies && b.copy.status != "" {
		p.CopyID, p.CopySource, p.CopyStatus = b.copy.id, b.copy.source, b.copy.status
		p.CopyProgress, p.CopyDescription = b.copy.progress(), b.copy.description
	}
	return listedBlob{Name: name, Properties: p}
}
