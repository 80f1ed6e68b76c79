package driver

import (
	"errors"
	"time"
)

// RetryAfter reports whether err says that the storage turned a request away
// because it has too much to do, and how long it asked to be left alone, 0 if
// it didn't say.
//
// A driver says so by an error that has the method
//
//	RetryAfter() (wait time.Duration, busy bool)
//
// anywhere in its chain, so that it needs no type of this package.
func RetryAfter(err error) (wait time.Duration, busy bool) {
	var throttled interface {
		RetryAfter() (time.Duration, bool)
	}
	if errors.As(err, &throttled) {
		return throttled.RetryAfter()
	}
	return 0, false
}
