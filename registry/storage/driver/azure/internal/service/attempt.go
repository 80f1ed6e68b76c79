package service

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
	op      string // one of the op constants
	blob    string // name of the blob, or the prefix of a listing
	content []byte // of the request
}

// The operations, named as in the REST reference.
const (
	opAppend     = "append block"
	opCreate     = "put append blob"
	opPut        = "put block blob"
	opStage      = "put block"
	opCommit     = "put block list"
	opBlocks     = "get block list"
	opGet        = "get blob"
	opProperties = "get blob properties"
	opMetadata   = "set blob metadata"
	opDelete     = "delete blob"
	opBatch      = "blob batch"
	opCopy       = "copy blob"
	opList       = "list blobs"
	opUserKey    = "get user delegation key"
	opContainer  = "create container"
)

// operations are all of them.
var operations = [...]string{
	opAppend, opCreate, opPut, opStage, opCommit, opBlocks, opGet, opProperties, opMetadata, opDelete, opBatch, opCopy,
	opList, opUserKey, opContainer,
}

// send is one request with a body, which may be empty.
type send func(context.Context, *body) error

// attempt sends one request until its outcome is known, the budget is spent or
// ctx ends. The SDK's own retries are off: they hide the first failure behind
// the answer to the second try, and whether an earlier try may have been
// applied is just what the caller has to know. That is doubt.
func (c *Client) attempt(ctx context.Context, what call, request send) (doubt bool, err error) {
	left := budget.New(c.budget)
	return c.retry(ctx, left, what, func(timeouts int) error {
		try, cancel := left.Try(ctx)
		defer cancel()
		return c.once(try, what, timeouts, request)
	})
}

// retry is the one loop of retries. try sends once; it is told how many tries of
// this call have run out of time, since each makes the next more patient.
func (c *Client) retry(ctx context.Context, left *budget.Budget, what call, try func(timeouts int) error) (doubt bool, err error) {
	for timeouts := 0; ; {
		err := try(timeouts)
		switch Judge(err) {
		case Unknown:
			doubt = true
		case Unsent, Damaged:
		default:
			return doubt, err
		}
		if errors.Is(err, errNotInTime) {
			timeouts++
		}
		if err := c.again(ctx, left, what, err); err != nil {
			return doubt, err
		}
	}
}

// again waits until the request may be sent once more. Its error tells why it
// may not; a spent budget is worth a log line.
func (c *Client) again(ctx context.Context, left *budget.Budget, what call, cause error) error {
	err := left.Wait(ctx, cause)
	var spent *budget.ExhaustedError
	switch {
	case err == nil:
		retries.WithValues(what.op).Inc()
		c.logRetry(ctx, what, cause)
	case errors.As(err, &spent):
		givenUp.WithValues(what.op).Inc()
		Logger(ctx).WithField("blob", what.blob).WithError(err).Error("request was given up: the retry budget is spent")
	}
	return err
}

// errNotInTime stands for the error of a request that was given up.
var errNotInTime = errors.New("no answer in time")

// once sends one request, and gives it up when nothing moves any more.
func (c *Client) once(ctx context.Context, what call, timeouts int, request send) error {
	unseen, _ := c.uplink.patience(len(what.content))
	return c.within(ctx, what, c.patience(what, timeouts)+unseen, request)
}

// within sends one request during which nothing may stand still for longer than
// limit. Waiting for an access token isn't a part of that.
func (c *Client) within(ctx context.Context, what call, limit time.Duration, request send) error {
	if c.tokens != nil {
		if err := c.tokens.ready(ctx); err != nil {
			return describe(what.op, what.blob, err)
		}
	}
	limited, done := observe(ctx, what)
	limited, stalls := withStall(limited, limit)
	defer stalls.end()
	b := newBody(what.content, stalls.moved)
	defer b.release()
	err := describe(what.op, what.blob, stalls.explain(request(limited, b)))
	if call, ok := errors.AsType[*CallError](err); ok {
		call.moving = stalls.moving()
	}
	done(err)
	return err
}

// lastLook is the state of a blob after the budget for a change of it was spent
// on unknown outcomes. It is one request within an eighth of the budget.
func (c *Client) lastLook(ctx context.Context, name string) (Properties, error) {
	ctx, cancel := context.WithTimeout(ctx, c.budget.Time/8)
	defer cancel()
	return c.look(ctx, name, 0)
}

// exhausted reports whether err says that the budget is spent.
func exhausted(err error) bool {
	_, ok := errors.AsType[*budget.ExhaustedError](err)
	return ok
}

// Contention paces the laps of a call that others keep getting in the way of: a
// blob that changes between being looked at and being written to. Somebody made
// progress in each lap, so only time limits them.
type Contention struct {
	left *budget.Budget
	laps int
}

// Contention begins the laps of one call.
func (c *Client) Contention() *Contention {
	policy := c.budget
	policy.Retries = math.MaxInt
	policy.MaxDelay = min(policy.MaxDelay, time.Second)
	return &Contention{left: budget.New(policy)}
}

// Lap returns nil when the next lap may begin: the first one at once, because
// finding something in the way is no contention yet. what and blob say what was
// to be done; cause, which may be nil, why it wasn't.
func (c *Contention) Lap(ctx context.Context, what, blob string, cause error) error {
	c.laps++
	if c.laps == 1 {
		return ctx.Err()
	}
	if cause == nil {
		cause = fmt.Errorf("%s %q: the blob changed between being looked at and being written to", what, blob)
	}
	return c.left.Wait(ctx, cause)
}

// First reports whether no lap has ended yet.
func (c *Contention) First() bool { return c.laps == 0 }
