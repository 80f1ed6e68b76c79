package blobsim

import (
	"encoding/base64"
	"encoding/xml"
	"fmt"
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
	Metadata   *listedMetadata  `xml:"Metadata,omitempty"`
}

type listedProperties struct {
	Created         string `xml:"Creation-Time"`
	Modified        string `xml:"Last-Modified"`
	ETag            string `xml:"Etag"` // without quotes, unlike the header
	Length          int    `xml:"Content-Length"`
	ContentType     string `xml:"Content-Type"`
	MD5             string `xml:"Content-MD5,omitempty"`
	BlobType        Type   `xml:"BlobType"`
	ResourceType    string `xml:"ResourceType,omitempty"`
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
// to go on from and a count, so that no page leads back to itself, encoded.
func (s *Service) list(r *request, blobs map[string]*blob) *answer {
	limit, refusal := pageLimit(r)
	if refusal != nil {
		return refusal
	}
	start, pages, err := parseMarker(r.query.Get("marker"))
	if err != nil {
		return refuse(http.StatusBadRequest, "InvalidQueryParameterValue",
			"Value for one of the query parameters specified in the request URI is invalid: marker")
	}
	_, container, _ := strings.Cut(r.container, "/")
	result := page{
		Container: container, Prefix: r.query.Get("prefix"),
		Marker: r.query.Get("marker"), Delimiter: r.query.Get("delimiter"),
	}
	include := strings.Split(r.query.Get("include"), ",")
	passed := 0 // over what was deleted softly, which counts for the page
	for _, name := range s.names(r.container, blobs) {
		if name < start || !strings.HasPrefix(name, result.Prefix) {
			continue
		}
		group, grouped := groupOf(name, result.Prefix, result.Delimiter, blobs[name].directory())
		if n := len(result.Prefixes); grouped && n > 0 && result.Prefixes[n-1].Name == group {
			continue
		}
		if len(result.Blobs)+len(result.Prefixes)+passed >= limit {
			result.NextMarker = marker(name, pages+1)
			break
		}
		if blobs[name] == nil {
			passed++
			continue
		}
		if grouped {
			result.Prefixes = append(result.Prefixes, listedName{group})
		} else {
			result.Blobs = append(result.Blobs, s.listed(name, blobs[name], include))
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

func marker(name string, page int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d %s", page, name))
}

func parseMarker(text string) (name string, page int, err error) {
	if text == "" {
		return "", 0, nil
	}
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return "", 0, err
	}
	number, name, _ := strings.Cut(string(decoded), " ")
	page, err = strconv.Atoi(number)
	return name, page, err
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
func groupOf(name, prefix, delimiter string, directory bool) (string, bool) {
	if delimiter == "" {
		return "", false
	}
	if directory {
		name += delimiter
	}
	rest := name[len(prefix):]
	i := strings.Index(rest, delimiter)
	if i < 0 {
		return "", false
	}
	return prefix + rest[:i+len(delimiter)], true
}

// names are those that a listing goes through, sorted: directories are names like any, and come before what
// is in them. In a listing by folders they are prefixes.
func (s *Service) names(container string, blobs map[string]*blob) []string {
	all := slices.Collect(maps.Keys(blobs))
	if s.Account.SoftDelete {
		for name := range s.deleted[container] {
			if blobs[name] == nil {
				all = append(all, name)
			}
		}
	}
	slices.Sort(all)
	return all
}

func (s *Service) listed(name string, b *blob, include []string) listedBlob {
	p := listedProperties{
		Created: httpTime(b.created), Modified: httpTime(b.modified),
		ETag: strings.Trim(b.etag, `"`), Length: len(b.data), ContentType: b.contentType,
		BlobType: b.kind, LeaseStatus: "unlocked", LeaseState: "available",
	}
	if b.md5 != nil {
		p.MD5 = encode(b.md5)
	}
	// "List Blobs": the copy's properties come only with include=copy.
	if slices.Contains(include, "copy") && b.copy.status != "" {
		p.CopyID, p.CopySource, p.CopyStatus = b.copy.id, b.copy.source, b.copy.status
		p.CopyProgress, p.CopyDescription = b.copy.progress(), b.copy.description
	}
	entry := listedBlob{Name: name, Properties: p}
	if s.Account.Hierarchical {
		entry.Properties.ResourceType = "file"
		if b.directory() {
			entry.Properties.ResourceType = "directory"
		}
	}
	if slices.Contains(include, "metadata") && len(b.metadata) > 0 {
		entry.Metadata = &listedMetadata{b.metadata}
	}
	return entry
}
