package appendlog

import "fmt"

// EventKind says what happened to a block.
type EventKind int

const (
	// Appended means: an attempt was answered, and what it sent of the block is stored.
	Appended EventKind = iota
	// Uncertain means: the outcome of an attempt isn't known. A reconcile follows.
	Uncertain
	// Damaged means: the service saw that the bytes had changed on the way. They are sent again if the budget allows.
	Damaged
	// Adopted means: a reconcile found bytes of the block already stored. They are never sent again.
	Adopted
	// Resending means: a reconcile found that nothing has landed. The bytes are sent again if the budget allows.
	Resending
	// Conflicted means: the stored bytes aren't the ones that were written. The log has failed.
	Conflicted
	// Failed means: the service refused, the budget is spent, or the context ended. The log has failed.
	Failed
)

// String returns the kind's name in lower case, fit for a metric's label.
func (k EventKind) String() string {
	switch k {
	case Appended:
		return "appended"
	case Uncertain:
		return "uncertain"
	case Damaged:
		return "damaged"
	case Adopted:
		return "adopted"
	case Resending:
		return "resending"
	case Conflicted:
		return "conflicted"
	case Failed:
		return "failed"
	}
	return fmt.Sprintf("EventKind(%d)", int(k))
}

// Event is one thing that happened to a block, for logs and metrics.
type Event struct {
	Kind EventKind
	// Offset and Length are the bytes it is about: those appended or adopted, else those that aren't stored yet.
	Offset int64
	Length int
	// Stored is the blob's length that the latest reconcile of these bytes saw, -1 if there was none.
	Stored int64
	// Attempt counts how often the bytes at Offset have been sent, from 1. It is 0 if they haven't been.
	Attempt int
	// Cause is the error that made it happen; nil for Appended.
	Cause error
}
