package blobsim

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Account is what kind of account a service is: each switch is a behaviour that an ordinary one
// doesn't have. The zero value is an ordinary account.
type Account struct {
	// Hierarchical: directories exist by themselves (REST: "Azure Data Lake Storage Gen2"; known issues of
	// data lake storage; distribution#3922, #4153).
	Hierarchical bool
	// Versioned: all versions of a name have one type, also after a delete (versioning-overview;
	// camel-quarkus PR 9117).
	Versioned bool
	// SoftDelete: a listing passes over what was deleted, and its pages are the shorter for it
	// (azure-sdk-for-python#11687; azure-sdk-for-java#15215).
	SoftDelete bool
}

// Names drops the dots at the end of each segment of a name and resolves "." and "..", as the service
// does and an emulator doesn't (REST: "Naming and referencing containers, blobs, and metadata";
// AzureStorageExplorer#2833).
func Names(name string) string {
	var kept []string
	for segment := range strings.SplitSeq(name, "/") {
		switch trimmed := strings.TrimRight(segment, "."); {
		case segment == "..":
			kept = kept[:max(0, len(kept)-1)]
		case segment == "" || trimmed != "":
			kept = append(kept, trimmed)
		}
	}
	return strings.Join(kept, "/")
}

// directoryMark is the metadata that tells a directory.
const directoryMark = "X-Ms-Meta-Hdi_isfolder"

func (b *blob) directory() bool { return b != nil && b.metadata.Get(directoryMark) != "" }

// makeDirectories makes those above a name that aren't there.
func (s *Service) makeDirectories(at time.Time, container, name string) {
	if !s.Account.Hierarchical {
		return
	}
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		above := name[:i]
		if s.containers[container][above] != nil {
			return
		}
		s.etags++
		s.containers[container][above] = &blob{
			kind: BlockBlob, created: at, modified: at, etag: etagOf(s.etags), contentType: defaultContentType,
			metadata: http.Header{directoryMark: {"true"}},
		}
	}
}

// notEmpty tells whether something is in a directory.
func (s *Service) notEmpty(container, directory string) bool {
	for name := range s.containers[container] {
		if strings.HasPrefix(name, directory+"/") {
			return true
		}
	}
	return false
}

func directoryIsNotEmpty() *answer {
	return refuse(http.StatusConflict, "DirectoryIsNotEmpty",
		"The recursive query parameter value must be true to delete a non-empty directory.")
}

// wrongType tells whether a name can't hold a blob of that type.
func (s *Service) wrongType(container, name string, old *blob, kind Type) bool {
	if old != nil {
		return old.kind != kind || old.directory()
	}
	before, ok := s.types[container+"/"+name]
	return s.Account.Versioned && ok && before != kind
}

// Meddling is what somebody else does to a blob that was written.
type Meddling string

// The meddlings.
const (
	Untouched Meddling = ""
	Scan      Meddling = "scanned"     // metadata changes, as by a malware scanner or a tagger
	Snapshot  Meddling = "snapshotted" // by somebody's backup
	Lease     Meddling = "leased"      // for LeaseFor slots
	WrongMD5  Meddling = "wrong MD5"   // Content-MD5 is set to something else (azure-powershell#4570)
)

// LeaseFor is how many slots somebody's lease lasts.
const LeaseFor = 20

// meddle does something to the blob that is stored under a name then, if there is one. It is no change of what is
// stored, so Watch isn't told.
func (s *Service) meddle(at time.Time, container, name string, what Meddling) {
	old := s.containers[container][name]
	if old == nil || old.directory() || old.copy.status == copyPending {
		return
	}
	b := new(*old)
	switch what {
	case Scan:
		b.metadata = old.metadata.Clone()
		if b.metadata == nil {
			b.metadata = http.Header{}
		}
		b.metadata.Set("x-ms-meta-scanned", httpTime(at))
	case WrongMD5:
		b.md5 = make([]byte, 16)
	case Snapshot:
		b.snapshots = true
	case Lease:
		b.leased = at.Add(LeaseFor * Slot)
	}
	if what == Scan || what == WrongMD5 {
		s.etags++
		b.etag, b.modified = etagOf(s.etags), at
		s.rewritten[container+"/"+name] = true
	}
	s.containers[container][name] = b
}

// refusedByKind evaluates what an account's features refuse of a write or delete.
func refusedByKind(at time.Time, old *blob) *answer {
	if old != nil && at.Before(old.leased) {
		return refuse(http.StatusPreconditionFailed, "LeaseIdMissing",
			"There is currently a lease on the blob and no lease ID was specified in the request.")
	}
	return nil
}

// listedMetadata is a listing's element Metadata.
type listedMetadata struct{ http.Header }

// MarshalXML implements xml.Marshaler.
func (m listedMetadata) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	names := make([]string, 0, len(m.Header))
	for name := range m.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		element := xml.StartElement{Name: xml.Name{Local: strings.ToLower(strings.TrimPrefix(name, "X-Ms-Meta-"))}}
		if err := e.EncodeElement(m.Get(name), element); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}
