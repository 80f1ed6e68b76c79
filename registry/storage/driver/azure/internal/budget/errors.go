package budget

import (
	"errors"
	"fmt"
	"time"
)

// ExhaustedError says that an operation was given up because it made no progress for too long.
type ExhaustedError struct {
	Attempts int           // failed attempts since the last progress, at least 1
	Elapsed  time.Duration // since the last progress
	Err      error         // what the last attempt failed with
}

// Error says how much was tried, and the last cause.
func (e *ExhaustedError) Error() string {
	attempts := "attempts"
	if e.Attempts == 1 {
		attempts = "attempt"
	}
	return fmt.Sprintf("gave up after %d %s in %v without progress: %v",
		e.Attempts, attempts, e.Elapsed.Round(time.Millisecond), e.Err)
}

// Unwrap returns the last cause.
func (e *ExhaustedError) Unwrap() error { return e.Err }

// throttling is implemented by errors that carry the service's wishes. wait is the answer's Retry-After, 0 if it had
// none. throttled says that the service turned the request away for being busy (503, 429) instead of failing at it.
type throttling interface {
	error
	RetryAfter() (wait time.Duration, throttled bool)
}

// serviceAsks returns what the first error in cause's tree that knows has to say.
func serviceAsks(cause error) (wait time.Duration, throttled bool) {
	if t, ok := errors.AsType[throttling](cause); ok {
		return t.RetryAfter()
	}
	return 0, false
}

// moving is implemented by errors of attempts whose bytes were seen to move: for how long, from the attempt's begin on.
// Attempts are counted all the same, so bytes that move in vain aren't sent for ever.
type moving interface {
	error
	Moved() time.Duration
}

// moved is what the first error in cause's tree that knows has to say.
func moved(cause error) time.Duration {
	if m, ok := errors.AsType[moving](cause); ok {
		return m.Moved()
	}
	return 0
}
