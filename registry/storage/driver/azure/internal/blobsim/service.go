package blobsim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of the service (REST: "Understanding block blobs, append blobs, and
// page blobs"). A test may lower them.
const (
	defaultMaxBlock  = 100 << 20
	defaultMaxBlocks = 50_000
)

// Change is one change of what is stored under a name.
type Change struct {
	At        time.Time
	Container string
	Name      string
	Operation Operation // what did it
	Present   bool      // whether there is a blob at all
	Complete  bool      // whether it isn't the destination of an unfinished or failed copy
	Type      Type      // of the blob, if there is one
	Data      []byte    // what is stored; never changed afterwards
}

// Service is the state of the Blob service. Requests reach it through a
// Network, which carries out one at a time; it isn't safe for concurrent use.
type Service struct {
	// Account is what kind of account it is. It must not change.
	Account Account
	// MaxBlock is the most bytes one Append Block or Put Blob may carry.
	MaxBlock int
	// MaxBlocks is the most blocks an append blob may have.
	MaxBlocks int
	// Watch, if set, is told of every change, in the order of time.
	Watch func(Change)

	containers map[string]map[string]*blob // by "host/container", then by name
	types      map[string]Type             // of the versions of a name, by "host/container/name"
	rewritten  map[string]bool             // whether a name has an earlier version, likewise
	deleted    map[string]map[string]bool  // softly, by container and name
	staged     map[string][]block          // that aren't committed, by "host/container/name"
	etags      int
	ids        atomic.Int64
	after      func(time.Time, func(time.Time)) // calls back at a later time
}

// NewService has the named containers, given as "host/container", for example
// "account.blob.core.windows.net/registry".
func NewService(containers ...string) *Service {
	s := &Service{
		MaxBlock: defaultMaxBlock, MaxBlocks: defaultMaxBlocks,
		containers: map[string]map[string]*blob{},
		types:      map[string]Type{}, rewritten: map[string]bool{}, deleted: map[string]map[string]bool{},
		staged: map[string][]block{},
	}
	for _, name := range containers {
		s.containers[name] = map[string]*blob{}
	}
	return s
}

// Put stores a complete blob as if somebody had done so before the test.
func (s *Service) Put(at time.Time, container, name string, kind Type, data []byte) {
	b := &blob{kind: kind, data: slices.Clone(data), created: at, contentType: defaultContentType}
	if kind == AppendBlob {
		b.blocks = min(1, len(data))
	}
	s.store(at, "", container, name, b)
}

// request is one request, parsed.
type request struct {
	op        Operation
	container string // "host/container"
	name      string // of the blob
	query     url.Values
	header    http.Header
	body      []byte
	plan      Plan
}

// answer is what the service says to it.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// serve carries out one request.
func (s *Service) serve(at time.Time, r *request) *answer {
	a := s.dispatch(at, r)
	if a.status < 300 && s.Account.Versioned && makesVersion(r.op) {
		a.header.Set("x-ms-version-id", at.UTC().Format("2006-01-02T15:04:05.0000000Z"))
	}
	return s.sign(at, r, a)
}

// makesVersion tells whether the operation makes a version (versioning-overview: Append Block doesn't).
func makesVersion(op Operation) bool {
	return op == PutBlob || op == PutBlockList || op == CreateAppend || op == CopyBlob || op == SetMetadata
}

// sign gives an answer the headers that every answer of the service has.
func (s *Service) sign(at time.Time, r *request, a *answer) *answer {
	a.header.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	a.header.Set("Date", httpTime(at))
	a.header.Set("x-ms-request-id", fmt.Sprintf("%08x-501e-0000-0000-000000000000", s.ids.Add(1)))
	a.header.Set("x-ms-version", r.header.Get("x-ms-version"))
	if id := r.header.Get("x-ms-client-request-id"); id != "" {
		a.header.Set("x-ms-client-request-id", id)
	}
	if r.op == GetProperties {
		a.body = nil
	}
	return a
}

func (s *Service) dispatch(at time.Time, r *request) *answer {
	if r.op == CreateContainer {
		return s.createContainer(r)
	}
	blobs, ok := s.containers[r.container]
	if !ok {
		return refuse(http.StatusNotFound, "ContainerNotFound", "The specified container does not exist.")
	}
	switch r.op {
	case GetContainer:
		return succeed(http.StatusOK)
	case ListBlobs:
		return s.list(r, blobs)
	case Batch:
		return s.batch(at, r)
	case GetBlob, GetProperties:
		return s.read(r, blobs[r.name])
	case PutBlob:
		return s.putBlob(at, r, blobs[r.name])
	case CreateAppend:
		return s.createAppend(at, r, blobs[r.name])
	case AppendBlock:
		return s.appendBlock(at, r, blobs[r.name])
	case PutBlock:
		return s.putBlock(at, r, blobs[r.name])
	case PutBlockList:
		return s.putBlockList(at, r, blobs[r.name])
	case GetBlockList:
		return getBlockList(blobs[r.name])
	case SetMetadata:
		return s.setMetadata(at, r, blobs[r.name])
	case DeleteBlob:
		return s.delete(at, r, blobs[r.name])
	case CopyBlob:
		return s.copyBlob(at, r, blobs[r.name])
	case AbortCopy:
		return s.abortCopy(at, r, blobs[r.name])
	default:
		return refuse(http.StatusNotImplemented, "NotImplemented", "The model doesn't know this operation.")
	}
}

func (s *Service) createContainer(r *request) *answer {
	if _, ok := s.containers[r.container]; ok {
		return refuse(http.StatusConflict, "ContainerAlreadyExists", "The specified container already exists.")
	}
	s.containers[r.container] = map[string]*blob{}
	return succeed(http.StatusCreated)
}

// store makes b what is stored under a name; nil removes it.
func (s *Service) store(at time.Time, op Operation, container, name string, b *blob) {
	change := Change{At: at, Container: container, Name: name, Operation: op}
	if op != SetMetadata {
		delete(s.staged, container+"/"+name)
	}
	if b == nil {
		delete(s.containers[container], name)
		if s.deleted[container] == nil {
			s.deleted[container] = map[string]bool{}
		}
		s.deleted[container][name] = true
	} else {
		if makesVersion(op) && s.types[container+"/"+name] != "" {
			s.rewritten[container+"/"+name] = true
		}
		s.types[container+"/"+name] = b.kind
		s.makeDirectories(at, container, name)
		s.etags++
		b.etag = etagOf(s.etags)
		b.modified = at
		s.containers[container][name] = b
		change.Present, change.Complete, change.Type, change.Data = true, b.complete(), b.kind, b.data
	}
	if s.Watch != nil {
		s.Watch(change)
	}
}

func etagOf(n int) string { return fmt.Sprintf("\"0x8DD%012X\"", n) }

// cutHost takes "host/container" apart.
func cutHost(container string) (host, name string, found bool) { return strings.Cut(container, "/") }

// splitPath takes a URL apart into "host/container" and the blob's name.
func splitPath(u *url.URL) (container, name string) {
	first, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	return u.Host + "/" + first, rest
}
