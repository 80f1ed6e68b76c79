package azure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/budget"
)

// call names one request to the service, for errors, log lines and metrics.
type call struct {
	op   string // one of the op constants
	blob string // name of the blob, or the prefix of a listing
	size int    // bytes of the body, which widens the time one try may take
}

// The operations, named as in the REST reference.
const (
	opAppend     = "append block"
	opCreate     = "put append blob"
	opPut        = "put block blob"
	opGet        = "get blob"
	opProperties = "get blob properties"
	opMetadata   = "set blob metadata"
	opDelete     = "delete blob"
	opBatch      = "blob batch"
	opCopy       = "copy blob"
	opAbortCopy  = "abort copy blob"
	opList       = "list blobs"
	opUserKey    = "get user delegation key"
)

// operations are all of them.
var operations = []string{
	opAppend, opCreate, opPut, opGet, opProperties, opMetadata, opDelete, opBatch, opCopy, opAbortCopy, opList, opUserKey,
}

// attempt sends one request until its outcome is known, the budget is spent or
// ctx ends. The SDK's own retries are off: they hide the first failure behind
// the answer to the second try, and whether an earlier try may have been
// applied is just what the caller has to know. That is doubt: with it, "already
// exists" may speak of our own blob, and "not found" of our own delete.
//
// The error is a *callError or wraps one; judge tells what it means.
func (d *driver) attempt(ctx context.Context, c call, send func(context.Context) error) (doubt bool, err error) {
	left := budget.New(d.budget)
	for {
		try, cancel := left.Try(ctx)
		err := d.once(try, c, send)
		cancel()
		verdict := judge(err)
		if verdict != uncertain && verdict != damaged {
			return doubt, err
		}
		doubt = doubt || verdict == uncertain
		if err := again(ctx, left, c, err); err != nil {
			return doubt, err
		}
	}
}

// again waits until the request may be sent once more. Its error tells why it
// may not; a spent budget is worth a log line.
func again(ctx context.Context, left *budget.Budget, c call, cause error) error {
	err := left.Wait(ctx, cause)
	var spent *ExhaustedError
	switch {
	case err == nil:
		retries.WithValues(c.op).Inc()
	case errors.As(err, &spent):
		givenUp.WithValues(c.op).Inc()
		logger(ctx).WithField("blob", c.blob).WithError(err).Error("request was given up: the retry budget is spent")
	}
	return err
}

// errNotInTime stands for the error of a request that was given up.
var errNotInTime = errors.New("no answer in time")

// once sends one request, for as long as its size allows.
func (d *driver) once(ctx context.Context, c call, send func(context.Context) error) error {
	limited, cancel := context.WithTimeout(ctx, d.pace.timeout(c.size))
	defer cancel()
	limited, done := observe(limited, c)
	start := time.Now()
	err := send(limited)
	switch {
	case err == nil:
		d.pace.succeeded(c.size, time.Since(start))
	case limited.Err() != nil && ctx.Err() == nil:
		d.pace.timedOut(c.size)
		err = fmt.Errorf("%w: %w", errNotInTime, withoutURL(err))
	}
	err = describe(c.op, c.blob, err)
	done(err)
	return err
}

// contention paces the laps of a call that others keep getting in the way of: a
// blob that changes between being looked at and being written to. Somebody made
// progress in each lap, so only time limits them.
type contention struct {
	left *budget.Budget
	laps int
}

func (d *driver) contention() *contention {
	policy := d.budget
	policy.Retries = math.MaxInt
	policy.MaxDelay = min(policy.MaxDelay, time.Second)
	return &contention{left: budget.New(policy)}
}

// lap returns nil when the next lap may begin: the first one at once, because
// finding something in the way is no contention yet.
func (c *contention) lap(ctx context.Context, cause error) error {
	c.laps++
	if c.laps == 1 {
		return ctx.Err()
	}
	return c.left.Wait(ctx, cause)
}

// errContended is the usual cause of a lap.
func errContended(op, blob string) error {
	return fmt.Errorf("%s %q: the blob changed between being looked at and being written to", op, blob)
}
