package faultproxy

import (
	"context"
	"io"
	"sync"
	"time"
)

const (
	// maxChunk is the most, in bytes, that passes a limited link at once.
	maxChunk = 16 << 10

	// pace is how long a chunk takes on a link that is too slow for maxChunk: short enough
	// for a change of the bandwidth to be felt at once.
	pace = 50 * time.Millisecond

	// slack is how much unused time a link makes up for, since sleeping is inexact.
	slack = 10 * time.Millisecond
)

// link is one direction of the connection between client and proxy, shared by all
// connections. The zero value has no limit.
type link struct {
	mu   sync.Mutex
	rate int       // bytes a second; 0 means without limit
	free time.Time // when what was let in has passed
}

func (l *link) set(bytesPerSecond int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rate = max(bytesPerSecond, 0)
}

// chunk is the most, in bytes, that may be let in at once; 0 means without limit.
func (l *link) chunk() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		return 0
	}
	perPace := int(int64(l.rate) * int64(pace) / int64(time.Second))
	return min(max(perPace, 1), maxChunk)
}

// pass lets n bytes in and waits until they have passed. It does so in chunks, since
// the bandwidth may have been another when the bytes were read.
func (l *link) pass(ctx context.Context, n int) error {
	for n > 0 {
		part := n
		if chunk := l.chunk(); chunk > 0 {
			part = min(part, chunk)
		}
		if err := sleep(ctx, l.book(part, time.Now())); err != nil {
			return err
		}
		n -= part
	}
	return nil
}

// book lets n bytes in and returns how long they take from now.
func (l *link) book(n int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 {
		return 0
	}
	if earliest := now.Add(-slack); l.free.Before(earliest) {
		l.free = earliest
	}
	l.free = l.free.Add(time.Duration(n) * time.Second / time.Duration(l.rate))
	return l.free.Sub(now)
}

// SetBandwidth limits the bodies of requests and of responses to that many bytes a second
// each, shared by all connections; 0 takes the limit away. It takes effect at once, for
// bodies that are under way too.
func (p *Proxy) SetBandwidth(requests, responses int) {
	p.upload.set(requests)
	p.download.set(responses)
}

// SetLatency delays every request that arrives from now on by d before anything else is
// done with it.
func (p *Proxy) SetLatency(d time.Duration) {
	p.latency.Store(int64(d))
}

// sleep waits for d, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// shaped reads at the speed of a link.
type shaped struct {
	ctx  context.Context // of the request whose body this is; io.Reader leaves no other way
	link *link
	from io.Reader
}

func (s shaped) Read(p []byte) (int, error) {
	if chunk := s.link.chunk(); chunk > 0 && len(p) > chunk {
		p = p[:chunk]
	}
	n, err := s.from.Read(p)
	if waitErr := s.link.pass(s.ctx, n); waitErr != nil {
		return n, waitErr
	}
	return n, err
}
