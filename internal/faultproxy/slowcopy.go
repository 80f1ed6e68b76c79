package faultproxy

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The service may carry a copy out after it has answered (REST page "Copy Blob"). Until the
// copy ends, and for ever if it fails or is aborted, there is an empty blob at its
// destination, whose x-ms-copy-status says so. Azurite has always finished when
// it answers. The proxy lets it, and hides the outcome: the destination looks as the
// service would show it.

// CopyPending answers a copy with the status pending. It succeeds after d, unless it is
// aborted, or its source is deleted or overwritten, before. Until then the
// destination is empty and refuses writes with 409 PendingCopyOperation, deletion included.
func CopyPending(d time.Duration) Kind {
	return slowCopyKind(fmt.Sprintf("CopyPending(%v)", d), slowCopy{lasts: d, ends: copySuccess})
}

var (
	// CopyFailed answers a copy with the status pending, but it has failed by the
	// time anyone looks.
	CopyFailed = slowCopyKind("CopyFailed", slowCopy{ends: copyFailed})

	// CopyAborted is CopyFailed for a copy that someone else has aborted.
	CopyAborted = slowCopyKind("CopyAborted", slowCopy{ends: copyAborted})
)

func slowCopyKind(name string, plan slowCopy) Kind {
	return Kind{name: name, ops: []Op{Copy}, toTarget: forwardCopy(plan), toClient: relay}
}

// The values of x-ms-copy-status.
const (
	copyPending = "pending"
	copySuccess = "success"
	copyFailed  = "failed"
	copyAborted = "aborted"
)

// slowCopy is a copy whose outcome is hidden.
type slowCopy struct {
	id, source string
	began      time.Time
	lasts      time.Duration
	ends       string // the status after lasts
}

func (c *slowCopy) status() string {
	if c.ends == copySuccess && time.Since(c.began) < c.lasts {
		return copyPending
	}
	return c.ends
}

// slowCopies are the hidden copies by destination. The zero value is ready for use.
type slowCopies struct {
	mu     sync.Mutex
	byPath map[string]*slowCopy
}

// forwardCopy carries a copy out and hides its outcome. A copy that was refused, or that the client
// wants to wait for, is left as it is.
func forwardCopy(plan slowCopy) toTarget {
	return func(x *exchange) (*http.Response, error) {
		resp, err := x.send(x.r.Body)
		if err != nil {
			return nil, err
		}
		if resp.StatusCode != http.StatusAccepted || x.r.Header.Get("x-ms-requires-sync") == "true" {
			x.miss()
			return resp, nil
		}
		service := x.proxy.service
		source, err := url.Parse(x.r.Header.Get("x-ms-copy-source"))
		if err != nil {
			return nil, err
		}
		hidden := plan
		hidden.id = resp.Header.Get("x-ms-copy-id")
		hidden.source = service.path(source)
		hidden.began = time.Now()
		service.copies.hide(service.path(x.r.URL), &hidden)
		resp.Header.Set("x-ms-copy-status", copyPending)
		return resp, nil
	}
}

func (s *slowCopies) hide(path string, c *slowCopy) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byPath == nil {
		s.byPath = map[string]*slowCopy{}
	}
	s.byPath[path] = c
}

// find returns the copy that is hidden at path and its status, or nil.
func (s *slowCopies) find(path string) (*slowCopy, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.findLocked(path)
}

func (s *slowCopies) findLocked(path string) (*slowCopy, string) {
	c := s.byPath[path]
	if c == nil {
		return nil, ""
	}
	status := c.status()
	if status == copySuccess {
		delete(s.byPath, path)
		return nil, ""
	}
	return c, status
}

// refusal answers the calls on a copy's destination that the target would answer as if the
// copy had ended.
func (s *slowCopies) refusal(c call) *Reply {
	hidden, status := s.find(c.path)
	switch {
	case hidden == nil:
		return nil
	case c.op == Abort:
		return s.abort(hidden, c.URL.Query().Get("copyid"))
	case status == copyPending && slices.Contains(mutations, c.op):
		return &Reply{
			Status:  http.StatusConflict,
			Code:    "PendingCopyOperation",
			Message: "There is currently a pending copy operation.",
		}
	case c.op == Get && (c.Header.Get("Range") != "" || c.Header.Get("x-ms-range") != ""):
		return &Reply{
			Status:  http.StatusRequestedRangeNotSatisfiable,
			Code:    "InvalidRange",
			Message: "The range specified is invalid for the current size of the resource.",
			Header:  http.Header{"Content-Range": {"bytes */0"}},
		}
	}
	return nil
}

func (s *slowCopies) abort(c *slowCopy, id string) *Reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case id != c.id:
		return &Reply{Status: http.StatusConflict, Code: "CopyIdMismatch"}
	case c.status() != copyPending:
		return &Reply{Status: http.StatusConflict, Code: "NoPendingCopyOperation"}
	}
	c.ends = copyAborted
	return &Reply{Status: http.StatusNoContent}
}

// mask changes what the target shows of hidden copies, and notes what the call did to them.
func (s *slowCopies) mask(c call, resp *http.Response) (*http.Response, error) {
	if resp.StatusCode >= 300 {
		return resp, nil
	}
	switch c.op {
	case Create, Put, Copy, Delete:
		s.replaced(c.path)
	case Head, Get:
		if hidden, status := s.find(c.path); hidden != nil {
			empty(resp, hidden, status)
		}
	case List:
		return resp, s.maskListing(c, resp)
	}
	return resp, nil
}

// replaced notes that the blob at path is gone, or another: a copy that ended there is
// history, and one that still reads from there fails.
func (s *slowCopies) replaced(path string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byPath, path)
	for _, c := range s.byPath {
		if c.source == path && c.status() == copyPending {
			c.ends = copyFailed
		}
	}
}

// empty makes the response to Head or Get that of an empty blob.
func empty(resp *http.Response, c *slowCopy, status string) {
	for _, name := range []string{"Content-MD5", "x-ms-copy-completion-time", "x-ms-copy-status-description"} {
		resp.Header.Del(name)
	}
	resp.Header.Set("x-ms-copy-id", c.id)
	resp.Header.Set("x-ms-copy-status", status)
	if status == copyFailed {
		resp.Header.Set("x-ms-copy-status-description", `500 InternalServerError "Copy failed."`)
	}
	resp.Header.Set("Content-Length", "0")
	resp.ContentLength = 0
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(""))
}
