package azure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// lossy is a network on which each request of one operation by "repair" that comes
// first meets a plan, and on which somebody may do something before a request of
// it.
type lossy struct {
	*blobsim.Network
	sent   int    // requests by "repair"
	before int    // which of them it is that something is done before; -1 for none
	do     func() // what is done
	each   func() // what is done before each of them
	model  *blobsim.Service
}

func newLossy(account blobsim.Account, strikes func(blobsim.Request) bool, plan blobsim.Plan) *lossy {
	model := blobsim.NewService(simContainer)
	model.Account = account
	return &lossy{model: model, before: -1, Network: blobsim.NewNetwork(model, func(r blobsim.Request) blobsim.Plan {
		if r.Caller == "repair" && strikes(r) {
			return plan
		}
		return blobsim.Plan{}
	})}
}

func (l *lossy) RoundTrip(req *http.Request) (*http.Response, error) {
	if blobsim.CallerOf(req.Context()) == "repair" {
		if l.sent == l.before {
			l.do()
		}
		if l.each != nil {
			l.each()
		}
		l.sent++
	}
	return l.Network.RoundTrip(req)
}

func (l *lossy) driver(t *testing.T) *Driver { return wrap(newReplica(t, transporter{l})) }

// accountKinds are those on which files are replaced in different ways.
var accountKinds = map[string]blobsim.Account{
	"ordinary": {}, "versioned": {Versioned: true}, "hierarchical": {Hierarchical: true},
}

// kindsToTry are all of them; where everything takes long, the ordinary one.
func kindsToTry() map[string]blobsim.Account {
	if raceSlowness > 1 || testing.Short() {
		return map[string]blobsim.Account{"ordinary": {}}
	}
	return accountKinds
}

// conditionalPlans is what may happen to the request that matters.
func conditionalPlans() (plans []blobsim.Plan) {
	for _, fault := range []blobsim.Fault{blobsim.NoFault, blobsim.RequestLost, blobsim.AnswerLost, blobsim.AppliedLate, blobsim.Twice} {
		for _, told := range []blobsim.Told{blobsim.TimedOut, blobsim.Reset} {
			for _, pending := range []int{0, 3} {
				for _, fails := range []bool{false, true} {
					if fault == blobsim.NoFault && told != blobsim.TimedOut || fails && pending == 0 {
						continue
					}
					plans = append(plans, blobsim.Plan{Fault: fault, Told: told, Late: 2, CopyFor: pending, CopyFails: fails})
				}
			}
		}
	}
	return plans
}

// conditionalCall is something that repair does on condition.
type conditionalCall struct {
	strikes func(blobsim.Request) bool
	call    func(ctx context.Context, d *Driver, etag string) error
	stored  string // under the name when it is done; empty if nothing
	other   bool   // the source is of another type
}

func (c conditionalCall) sourceType(kind blobsim.Type) blobsim.Type {
	switch {
	case !c.other:
		return kind
	case kind == blobsim.BlockBlob:
		return blobsim.AppendBlob
	default:
		return blobsim.BlockBlob
	}
}

var conditionalCalls = map[string]conditionalCall{
	"move":                      {strikes: first(blobsim.CopyBlob), call: moveMended, stored: "mended"},
	"move, deleting the source": {strikes: first(blobsim.DeleteBlob), call: moveMended, stored: "mended"},
	"move to another type": {strikes: func(r blobsim.Request) bool {
		// The first copy finds out that the types differ.
		return first(blobsim.PutBlockList)(r) || r.Operation == blobsim.CopyBlob && r.Count == 1
	}, call: moveMended, stored: "mended", other: true},
	"delete": {strikes: first(blobsim.DeleteBlob), call: func(ctx context.Context, d *Driver, etag string) error {
		return d.DeleteIfMatch(ctx, repairedPath, etag)
	}},
}

func first(o blobsim.Operation) func(blobsim.Request) bool {
	return func(r blobsim.Request) bool { return r.Operation == o && r.Count == 0 }
}

func moveMended(ctx context.Context, d *Driver, etag string) error {
	return d.MoveIfMatch(ctx, mendedPath, repairedPath, etag)
}

// conditionally makes a conditional call in virtual time. If before isn't
// negative, somebody pushes before that request of it. It returns what is stored
// when nothing is under way any more, and how many requests the call took.
func conditionally(t *testing.T, account blobsim.Account, call string, plan blobsim.Plan, kind blobsim.Type, before int) (stored string, requests int, err error) {
	c := conditionalCalls[call]
	synctest.Test(t, func(t *testing.T) {
		l := newLossy(account, c.strikes, plan)
		l.before = before
		l.model.Put(time.Now(), simContainer, repairedPath[1:], kind, []byte("damaged"))
		l.model.Put(time.Now(), simContainer, mendedPath[1:], c.sourceType(kind), []byte("mended"))
		time.Sleep(time.Minute)
		d, others := l.driver(t), l.driver(t)
		l.do = func() {
			if err := others.PutContent(t.Context(), repairedPath, []byte("pushed again")); err != nil {
				t.Error(err)
			}
		}
		etag, seenErr := others.ETag(t.Context(), repairedPath)
		if seenErr != nil {
			t.Fatal(seenErr)
		}
		err = c.call(blobsim.WithCaller(t.Context(), "repair"), d, etag)
		requests = l.sent
		time.Sleep(simQuiet)
		l.Drain()
		content, getErr := others.GetContent(t.Context(), repairedPath)
		if getErr != nil && !notThere(getErr) {
			t.Error(getErr)
		}
		stored = string(content)
	})
	return stored, requests, err
}

// Whatever is lost, repeated or late, a condition that holds is found to hold, and
// what somebody pushes at any point of the call is never written over.
func TestConditionsHoldWhateverIsLost(t *testing.T) {
	quiet(t)
	for name, account := range kindsToTry() {
		for call, c := range conditionalCalls {
			for _, plan := range conditionalPlans() {
				if strings.Contains(call, "delet") && plan.CopyFor > 0 {
					continue
				}
				for _, kind := range []blobsim.Type{blobsim.BlockBlob, blobsim.AppendBlob} {
					t.Run(fmt.Sprintf("%s/%s/%s/%s/%d/%t/%s", name, call, plan.Fault, plan.Told, plan.CopyFor, plan.CopyFails, kind), func(t *testing.T) {
						stored, requests, err := conditionally(t, account, call, plan, kind, -1)
						if err != nil || stored != c.stored {
							t.Errorf("undisturbed: %q is stored, %v", stored, err)
						}
						for n := range requests {
							stored, _, err := conditionally(t, account, call, plan, kind, n)
							if stored != "pushed again" || err != nil && !notMet(err) {
								t.Errorf("somebody pushes before request %d: %q is stored, %v", n, stored, err)
							}
						}
					})
				}
			}
		}
	}
}
