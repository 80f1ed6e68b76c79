package blobsim

import "context"

// Fault is what happens to a request or its answer on the way.
type Fault string

// The faults.
const (
	NoFault     Fault = ""
	RequestLost Fault = "request lost"  // never carried out
	AnswerLost  Fault = "answer lost"   // carried out, the client doesn't learn of it
	AppliedLate Fault = "applied late"  // carried out later, the client is told something now
	Twice       Fault = "applied twice" // carried out and answered, and carried out again later
	Damaged     Fault = "damaged"       // one byte of the body changes on the way in
	Cut         Fault = "cut"           // the answer's body breaks off half-way
	Throttled   Fault = "throttled"     // not carried out, the client is asked to wait
	Refused     Fault = "refused"       // not carried out: 403 or another refusal that passes
	NoToken     Fault = "no token"      // not even sent: the client's credential fails
)

// Told is what the client gets to see when its request, or the answer to it,
// was lost.
type Told string

// What the client may be told.
const (
	TimedOut   Told = "500 OperationTimedOut"
	Internal   Told = "500 InternalError"
	Busy       Told = "503 ServerBusy"
	BadGateway Told = "502"     // a proxy's page
	Foreign    Told = "foreign" // an answer of Plan.Status that isn't the service's: a page, or empty
	Reset      Told = "connection reset"
	Stalled    Told = "stalled" // nothing, until its context ends or Patience is over
)

// Plan is what happens to one request.
type Plan struct {
	Delay int // slots until it arrives; less than 1 means 1
	Fault Fault
	Told  Told // for RequestLost, AnswerLost, AppliedLate; for Cut, Stalled makes the rest never come
	Late  int  // slots after its arrival: when AppliedLate and Twice carry it out (again)
	At    int  // which byte Damaged changes, and how many Cut lets through, modulo the length
	Wait  int  // seconds that Throttled asks for; 0 means no Retry-After

	Status  int    // of a Foreign answer
	Refusal string // status and code of Refused, as in "403 AuthorizationPermissionMismatch"

	NoLength     bool // a body without Content-Length
	IgnoreRange  bool // the whole instead of the part asked for
	NoContentIDs bool // a batch's parts without theirs

	Meddling    Meddling // what somebody else does to the blob after a write
	MeddleAfter int      // slots after the write's arrival

	CopyFor   int  // slots that a copy stays pending
	CopyFails bool // whether a pending copy fails in the end

	ShortPage bool // whether a listing's page holds at most PageItems
	PageItems int
}

// Request is what a Schedule may base its plan on. Equal requests of a run and
// its replay are equal in all fields.
type Request struct {
	Caller    string // see WithCaller
	Operation Operation
	Name      string // of the blob, or the prefix of a listing
	Count     int    // how many such requests there were before
	Size      int    // bytes of the body
}

// Schedule decides what happens to a request. It must be a pure function.
type Schedule func(Request) Plan

// Calm is the schedule without faults.
func Calm(Request) Plan { return Plan{} }

type callerKey struct{}

// WithCaller names, for the schedule, on whose behalf requests are made. Two
// requests that may be under way at the same time and agree in operation and
// blob must differ in their caller, or a replay can't tell them apart.
func WithCaller(ctx context.Context, caller string) context.Context {
	return context.WithValue(ctx, callerKey{}, caller)
}

// CallerOf is the name that WithCaller gave, or empty.
func CallerOf(ctx context.Context) string {
	caller, _ := ctx.Value(callerKey{}).(string)
	return caller
}
