package history

import (
	"fmt"
	"strings"
	"time"
)

// Kind is what an operation does.
type Kind string

// The operations on the driver's surface. Those of an upload are Open to Cancel.
const (
	Put    Kind = "PutContent"
	Get    Kind = "GetContent or Reader"
	Stat   Kind = "Stat"
	List   Kind = "List"
	Delete Kind = "Delete"
	Move   Kind = "Move"
	Open   Kind = "Writer"
	Resume Kind = "Writer(append)"
	Write  Kind = "Write"
	Close  Kind = "Close"
	Commit Kind = "Commit"
	Cancel Kind = "Cancel"
)

// Outcome is what a call returned.
type Outcome string

// The outcomes.
const (
	OK       Outcome = "ok"
	NotFound Outcome = "not found" // the driver's PathNotFoundError
	Failed   Outcome = "failed"    // any other error: the effect is unknown
)

// Operation is one call. Times count from the start of the run.
type Operation struct {
	Client       string
	Caller       string // of the requests that the call makes
	HungUp       bool   // the client went away before the return
	Kind         Kind
	Path         string
	To           string // of a Move
	Call, Return time.Duration
	Outcome      Outcome
	Err          string // for people

	// Data is what Put stores, what Get gave (from Offset on, and only up to
	// where it broke off if it failed), and what Move moves. For the operations
	// of an upload it is the whole stream that is to be uploaded.
	Data    []byte
	Offset  int64    // of Get
	Size    int64    // what Stat or the upload's writer said, in bytes
	Offered int64    // upload: how many bytes of Data the writer was given by the return
	Folder  bool     // Stat: the path is a folder
	Names   []string // List: the full paths of the children
}

// State is what is stored at a path.
type State struct {
	Present  bool
	Complete bool   // false: the destination of a copy that hasn't succeeded
	Append   bool   // an append blob
	Data     []byte // as stored
}

// there tells whether a driver must see the blob.
func (s State) there() bool { return s.Present && s.Complete }

// Change is a change of what is stored at a path.
type Change struct {
	At   time.Duration
	Path string
	State

	// Scratch: a blob of the driver's own, which exists for a moment and has a name that nobody else knows.
	Scratch bool
}

// History is a run.
type History struct {
	Operations []Operation // in any order
	Changes    []Change    // in the order of time; one at time 0 or before is the initial state

	// Directories exist by themselves: one that is being deleted is there a little longer than what was in it.
	Directories bool
}

// Violation is something that must never be.
type Violation struct {
	Rule string
	Path string
	At   time.Duration
	Text string
}

// String is one line.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s at %s: %s", v.Rule, v.Path, v.At, v.Text)
}

// String is one line.
func (o Operation) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s, %s] %s %s %s", o.Call, o.Return, o.Client, o.Kind, o.Path)
	if o.To != "" {
		b.WriteString(" to " + o.To)
	}
	switch o.Kind {
	case Put, Get:
		fmt.Fprintf(&b, " %s", brief(o.Data))
	case Stat, Open, Resume, Write, Close, Commit:
		fmt.Fprintf(&b, " size %d", o.Size)
	case List:
		fmt.Fprintf(&b, " %d names", len(o.Names))
	}
	fmt.Fprintf(&b, ": %s", o.Outcome)
	if o.Err != "" {
		b.WriteString(" (" + o.Err + ")")
	}
	return b.String()
}

// String is one line.
func (c Change) String() string {
	return fmt.Sprintf("[%s] %s becomes %s", c.At, c.Path, c.State)
}

// String is a few words.
func (s State) String() string {
	switch {
	case !s.Present:
		return "absent"
	case !s.Complete:
		return "incomplete"
	default:
		return brief(s.Data)
	}
}

// brief shows the start of some bytes.
func brief(p []byte) string {
	if len(p) > 12 {
		return fmt.Sprintf("%q... (%d bytes)", p[:12], len(p))
	}
	return fmt.Sprintf("%q", p)
}
