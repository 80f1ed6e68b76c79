package faultproxy

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Kind is what happens to a request that a fault strikes: one thing on its way to the service
// and one on the answer's way back. The zero Kind is not valid.
type Kind struct {
	name     string
	ops      []Op // the operations it makes sense for; nil for all
	needBody bool // strikes only requests that have a body

	needAccount bool // makes requests of its own

	toTarget toTarget
	toClient toClient
}

// toTarget is what happens to a request on its way to the service. It returns the service's
// answer, nil if the service hasn't seen the request (yet).
type toTarget func(*exchange) (*http.Response, error)

// toClient is what happens to the answer on its way to the client. It gets nil if the
// service hasn't seen the request (yet), and may leave the response's body open.
type toClient func(*exchange, *http.Response) error

// String is the kind's name.
func (k Kind) String() string { return k.name }

// mutations are the operations that change something.
var mutations = []Op{Append, PutBlock, PutBlockList, Create, Put, Copy, Abort, Delete, Metadata, Batch}

// The kinds; doc.go says in a line each what they do.
var (
	OperationTimedOutBefore = Kind{name: "OperationTimedOutBefore", toTarget: withhold, toClient: reply(operationTimedOut)}
	InternalErrorBefore     = Kind{name: "InternalErrorBefore", toTarget: withhold, toClient: reply(internalError)}
	ServerBusyBefore        = Kind{name: "ServerBusyBefore", toTarget: withhold, toClient: reply(serverBusy)}
	TooManyRequestsBefore   = Kind{name: "TooManyRequestsBefore", toTarget: withhold, toClient: reply(tooManyRequests)}
	BadGatewayBefore        = Kind{name: "BadGatewayBefore", toTarget: withhold, toClient: reply(badGateway)}

	OperationTimedOutAfter = Kind{name: "OperationTimedOutAfter", toTarget: forward, toClient: reply(operationTimedOut)}
	InternalErrorAfter     = Kind{name: "InternalErrorAfter", toTarget: forward, toClient: reply(internalError)}
	ServerBusyAfter        = Kind{name: "ServerBusyAfter", toTarget: forward, toClient: reply(serverBusy)}
	TooManyRequestsAfter   = Kind{name: "TooManyRequestsAfter", toTarget: forward, toClient: reply(tooManyRequests)}
	BadGatewayAfter        = Kind{name: "BadGatewayAfter", toTarget: forward, toClient: reply(badGateway)}

	ResetBefore  = Kind{name: "ResetBefore", toTarget: withhold, toClient: reset}
	ResetMidBody = Kind{name: "ResetMidBody", needBody: true, toTarget: withholdHalf, toClient: reset}
	ResetAfter   = Kind{name: "ResetAfter", toTarget: forward, toClient: reset}

	StallBefore  = Kind{name: "StallBefore", toTarget: withhold, toClient: stall}
	StallMidBody = Kind{name: "StallMidBody", needBody: true, toTarget: withholdHalf, toClient: stall}
	StallAfter   = Kind{name: "StallAfter", toTarget: forward, toClient: stall}

	FlipRequest  = Kind{name: "FlipRequest", ops: []Op{Append, PutBlock, Put}, needBody: true, toTarget: forwardFlipped, toClient: relay}
	FlipResponse = Kind{name: "FlipResponse", ops: []Op{Get}, toTarget: forward, toClient: relayFlipped}
	CutResponse  = Kind{name: "CutResponse", ops: []Op{Get, List}, toTarget: forward, toClient: relayHalf}

	Twice = Kind{name: "Twice", ops: mutations, toTarget: forwardTwice, toClient: relay}
	Late  = LateBy(2 * time.Second)

	InvalidBlobType = Kind{name: "InvalidBlobType", ops: []Op{Append, Create, Put, Copy}, toTarget: withhold, toClient: reply(invalidBlobType)}
)

// LateBy answers 500 OperationTimedOut at once and carries the identical request out
// after d. The client may well have gone by then. See [Armed.LateStatuses].
func LateBy(d time.Duration) Kind { return late(d.String(), after(d)) }

// LateUntil is LateBy for a test that says by closing the channel when to carry the request out. A
// proxy that closes does so too.
func LateUntil(released <-chan struct{}) Kind { return late("until released", until(released)) }

func late(when string, wait delay) Kind {
	return Kind{name: fmt.Sprintf("Late(%s)", when), ops: mutations, toTarget: forwardLate(wait), toClient: reply(operationTimedOut)}
}

// CutAfter gives the first n bytes of a response's body, then a TCP reset. It doesn't strike a body that is
// not longer.
func CutAfter(n int64) Kind {
	return Kind{name: fmt.Sprintf("CutAfter(%d)", n), ops: []Op{Get, List}, toTarget: forward, toClient: relayUntil(n)}
}

// Answer gives this answer without forwarding the request.
func Answer(a Reply) Kind {
	return Kind{name: fmt.Sprintf("Answer(%d %s)", a.Status, a.Code), toTarget: withhold, toClient: reply(a)}
}

// AnswerAfter carries the request out and gives this answer.
func AnswerAfter(a Reply) Kind {
	return Kind{name: fmt.Sprintf("AnswerAfter(%d %s)", a.Status, a.Code), toTarget: forward, toClient: reply(a)}
}

// Unanswered does to the request what the kind does, but no answer comes until the client gives up or the
// proxy closes.
func Unanswered(k Kind) Kind {
	k.name, k.toClient = "Unanswered("+k.name+")", stall
	return k
}

// Transient lists the kinds that a client of the Blob service has to live through: with
// any share of them below one, the right bytes are there in the end. Not among them are the
// stalls, which cost a client its time-out each, and FlipResponse, which a client that reads a
// part of a blob can't notice.
func Transient() []Kind {
	return []Kind{
		OperationTimedOutBefore, InternalErrorBefore, ServerBusyBefore, TooManyRequestsBefore, BadGatewayBefore,
		OperationTimedOutAfter, InternalErrorAfter, ServerBusyAfter, TooManyRequestsAfter, BadGatewayAfter,
		ResetBefore, ResetMidBody, ResetAfter, FlipRequest, CutResponse, Twice, Late,
	}
}

// Strikes reports whether the kind can strike such an operation at all.
func (k Kind) Strikes(op Op) bool { return k.ops == nil || slices.Contains(k.ops, op) }

// fits reports whether the kind can strike this request.
func (k Kind) fits(op Op, r *http.Request) bool {
	return k.Strikes(op) && (!k.needBody || r.ContentLength > 0)
}
