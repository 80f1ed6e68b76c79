package azure

import (
	"cmp"
	"sync/atomic"
	"time"
)

const (
	// floorRate is the slowest storage link, in bytes per second, on which a
	// large request gets the time it needs at the first try. At this rate a block of
	// the default size takes less than half of the default retry budget.
	floorRate = 210 << 10
	// slowest is the rate below which no link is believed to be.
	slowest = 1 << 10
	// brisk is the rate above which a faster link doesn't shorten the wait.
	brisk = 2 << 20
	// slack is how much slower than the last one a request may be.
	slack = 4
	// telling is the size from which on a request says something about the
	// link and not only about latency.
	telling = 256 << 10
)

// pace decides how long one try of a request may take: so short that a
// connection that stalled is noticed in seconds, so long that a slow link that
// keeps moving isn't cut off. It learns the link's rate from the large requests
// that succeeded, and becomes more patient with each that did not end in time:
// the socket's buffers swallow a whole block at once, so that progress can't be
// seen from here.
//
// Safe for concurrent use.
type pace struct {
	base time.Duration // what a request without a body may take
	rate atomic.Int64  // bytes per second to count on; 0: not known yet
}

// timeout is the time that one try with a body of size bytes may take.
func (p *pace) timeout(size int) time.Duration {
	return p.base + time.Duration(size)*time.Second/time.Duration(p.known())
}

// succeeded learns from a request with a body of size bytes that took so long.
func (p *pace) succeeded(size int, took time.Duration) {
	if size < telling || took <= 0 {
		return
	}
	seen := int64(float64(size) / took.Seconds() / slack)
	// One slow answer is no slow link: a small block that took seconds must not
	// make a large one on a stalled connection wait for minutes.
	p.rate.Store(min(max(seen, p.known()/2), brisk))
}

// known is the rate to count on.
func (p *pace) known() int64 {
	return max(cmp.Or(p.rate.Load(), floorRate), slowest)
}

// timedOut makes the next tries more patient.
func (p *pace) timedOut(size int) {
	if size < telling {
		return
	}
	p.rate.Store(p.known() / slack)
}
