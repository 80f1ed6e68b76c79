package service

import (
	"sync"
	"time"
)

const (
	// firstRate is what a link is counted on for before anything is known of it, in
	// bytes per second. A block then has half a minute for what can't be seen.
	firstRate = 210 << 10
	// leastRate is the rate below which no link is believed to be.
	leastRate = 1 << 10
	// mostRate is the rate above which a faster link doesn't shorten the wait.
	mostRate = 2 << 20
	// margin is how much slower than the last one a request may be.
	margin = 4
	// hidden is how much of a body the sockets on the way may swallow at once, in
	// bytes: so much has still to cross the link when the body has been read (Linux,
	// tcp(7): tcp_wmem). Of a smaller body nothing is seen but its answer.
	hidden = 4 << 20
	// largestPart is the most that a block may have (REST: "Append Block").
	largestPart = 100 << 20
	// leastPart is the smallest part that a block is sent in, in bytes.
	leastPart = 64 << 10
	// shrinking is by how much less is sent after a try that ran out of time: so
	// much that the next one is likely to end in time.
	shrinking = 8
	// roomy is by how much sooner than it had to a request must have ended for
	// more to be sent in the next.
	roomy = 4
)

// uplink is what the requests of a client know about the way to the storage: how
// much a request carries over it in time, and how long its bytes may seem to
// stand still. What doesn't end in time is followed by something smaller and
// more patience; what ends early makes room for something larger.
//
// Safe for concurrent use.
type uplink struct {
	mu   sync.Mutex
	rate int64 // bytes per second to count on
	part int   // bytes to send at a time
}

func newUplink() *uplink {
	return &uplink{rate: firstRate, part: largestPart}
}

// patience is how much longer the bytes of a body of size bytes may seem to stand
// still than an answer may take, and the rate that it counts on.
func (l *uplink) patience(size int) (time.Duration, int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Duration(min(size, hidden)) * time.Second / time.Duration(l.rate), l.rate
}

// fit is how many of n bytes to send at a time. What has to be sent in parts is
// sent in equal ones.
func (l *uplink) fit(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n <= l.part {
		return n
	}
	parts := (n + l.part - 1) / l.part
	return (n + parts - 1) / parts
}

// succeeded learns from a body of size bytes that took so long, where its bytes
// might have stood still for as long as patience.
func (l *uplink) succeeded(size int, took, patience time.Duration) {
	if size < leastPart || took <= 0 {
		return
	}
	seen := float64(size) / took.Seconds()
	l.mu.Lock()
	defer l.mu.Unlock()
	// One slow answer is no slow link, and most of it may be latency.
	l.rate = min(max(int64(seen/margin), l.rate/2), mostRate)
	if room := seen * patience.Seconds() / roomy; room > float64(l.part) {
		l.part = int(min(room, largestPart))
	}
}

// timedOut learns from a body of size bytes that had been given patience at this
// rate. Others that were under way at the same time teach nothing new.
func (l *uplink) timedOut(size int, rate int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = max(min(l.rate, rate/margin), leastRate)
	l.part = min(l.part, max(size/shrinking, leastPart))
}
