package handlers

import (
	"net/http"
	"strconv"
	"time"

	"github.com/distribution/distribution/v3/registry/api/errcode"
	"github.com/distribution/distribution/v3/registry/storage/driver"
)

const (
	// defaultRetryAfter is what a client is told if the storage doesn't say
	// how long it wants to be left alone.
	defaultRetryAfter = 5 * time.Second

	// maxRetryAfter bounds what a client is told.
	maxRetryAfter = time.Minute
)

// serveErrors writes the response to a request that failed with errs. Whatever
// the handlers made of it, a storage that is too busy is not the client's
// fault, nor is anything missing: the client is asked to come back.
func serveErrors(w http.ResponseWriter, errs errcode.Errors) {
	if wait, busy := driver.RetryAfter(errs); busy {
		w.Header().Set("Retry-After", strconv.FormatInt(retryAfterSeconds(wait), 10))
		errs = errcode.Errors{errcode.ErrorCodeUnavailable.WithMessage("storage is too busy, try again later")}
	}
	_ = errcode.ServeJSON(w, errs)
}

// retryAfterSeconds is the value of a Retry-After header, from 1 on.
func retryAfterSeconds(wait time.Duration) int64 {
	if wait <= 0 {
		wait = defaultRetryAfter
	}
	return int64((min(wait, maxRetryAfter) + time.Second - 1) / time.Second)
}
