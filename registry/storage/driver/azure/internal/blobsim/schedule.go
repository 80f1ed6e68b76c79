package blobsim

import (
	"hash/fnv"
	"io"
	"math/rand/v2"
	"strconv"
)

// Weather is how bad a seeded schedule is. Shares are from 0 to 1.
type Weather struct {
	Faults     float64 // share of requests that are struck
	Slow       float64 // share of requests that take some slots more
	Pending    float64 // share of copies that don't end at once
	Failing    float64 // share of pending copies that fail
	ShortPages float64 // share of listing pages that hold fewer items than asked for
	MaxLate    int     // most slots by which a request is carried out late

	Foreign   float64 // share of the faults in which somebody in between answers
	Refusals  float64 // share of the faults that are a refusal
	Tokens    float64 // share of the faults that are a token that can't be had
	VerySlow  float64 // share of requests that take 8 to 27 slots
	Inspected float64 // share of reads without a length, or whose range is ignored; of batches without Content-IDs
	Meddling  float64 // share of writes after which somebody does something to the blob
	Meddlings []Meddling
}

// Seeded is a schedule in which everything is drawn by the seed and the
// request: the same request meets the same fate in every run.
func Seeded(seed uint64, w Weather) Schedule {
	return func(r Request) Plan {
		random := rand.New(rand.NewPCG(seed, r.hash()))
		p := Plan{Delay: 1, At: random.IntN(1 << 30)}
		if random.Float64() < w.Slow {
			p.Delay += 1 + random.IntN(4)
		}
		if random.Float64() < w.VerySlow {
			p.Delay += 7 + random.IntN(20)
		}
		if random.Float64() < w.Inspected {
			p.NoLength, p.IgnoreRange = random.IntN(2) == 0, random.IntN(2) == 0
			p.NoContentIDs = random.IntN(2) == 0
		}
		if len(w.Meddlings) > 0 && random.Float64() < w.Meddling {
			p.Meddling = w.Meddlings[random.IntN(len(w.Meddlings))]
			p.MeddleAfter = random.IntN(6)
		}
		if random.Float64() < w.Pending {
			p.CopyFor = 1 + random.IntN(40)
			p.CopyFails = random.Float64() < w.Failing
		}
		if random.Float64() < w.ShortPages {
			p.ShortPage, p.PageItems = true, random.IntN(3)
		}
		if random.Float64() < w.Faults {
			p.strike(random, r, w)
		}
		return p
	}
}

// strike chooses a fault that can happen to the request.
func (p *Plan) strike(random *rand.Rand, r Request, w Weather) {
	choice := []Fault{RequestLost, AnswerLost, AnswerLost, AppliedLate, AppliedLate, Twice, Throttled}
	if r.Operation.Reads() {
		choice = []Fault{RequestLost, AnswerLost, Throttled}
	}
	if r.Operation == GetBlob || r.Operation == ListBlobs {
		choice = append(choice, Cut, Cut)
	}
	if r.Size > 0 {
		choice = append(choice, Damaged)
	}
	told := []Told{TimedOut, Internal, Busy, BadGateway, Reset, Stalled}
	p.Fault = choice[random.IntN(len(choice))]
	p.Told = told[random.IntN(len(told))]
	p.Wait = random.IntN(4)
	p.Late = 1 + random.IntN(max(1, w.MaxLate))
	p.Status = foreignStatuses[random.IntN(len(foreignStatuses))]
	possible := refusals
	switch {
	case r.Operation.Reads():
		possible = refusals[:2]
	case r.Operation != CopyBlob:
		possible = refusals[:4]
	}
	p.Refusal = possible[random.IntN(len(possible))]
	switch share := random.Float64(); {
	case share < w.Foreign:
		p.Told = Foreign
	case share < w.Foreign+w.Refusals:
		p.Fault = Refused
	case share < w.Foreign+w.Refusals+w.Tokens:
		p.Fault = NoToken
	}
	if random.IntN(2) == 0 {
		p.Late = 1 + random.IntN(4) // just behind the retry
	}
}

// foreignStatuses are those that gateways answer with.
var foreignStatuses = []int{200, 201, 202, 204, 302, 400, 403, 404, 407, 409, 412, 502}

// refusals are those of the service that say nothing about the next call: a role that is being assigned, a
// policy, somebody's lease.
var refusals = []string{
	"403 AuthorizationPermissionMismatch", "403 AuthorizationFailure", "409 BlobImmutableDueToPolicy",
	"412 LeaseIdMissing", "403 CannotVerifyCopySource",
}

// hash is the request's identity as a number.
func (r Request) hash() uint64 {
	h := fnv.New64a()
	for _, part := range []string{r.Caller, string(r.Operation), r.Name, strconv.Itoa(r.Count)} {
		_, _ = io.WriteString(h, part) // a hash never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum64()
}
