package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
)

// keptErrors is how many error texts are kept for the report.
const keptErrors = 20

// ledger keeps what clients were told, to hold the registry to it.
type ledger struct {
	address string // of the load balancer

	mu           sync.Mutex
	acknowledged []pushed
	tags         map[string][]pushed // by repository and tag: all that it may be by now
	errors       []string

	pushed, failedPushes int
	pulled, failedPulls  int
	corrupt, lost        int
	unreadable           int // in the end, without faults
}

func (l *ledger) failed() bool { return len(l.errors) > 0 }
func (l *ledger) pushes() int  { return l.pushed + l.failedPushes }
func (l *ledger) pulls() int   { return l.pulled + l.failedPulls }

// push notes how a push ended. Each tag has one writer, who pushes one image after the other:
// after an acknowledged push the tag is that image. One that failed may or
// may not have moved it.
func (l *ledger) push(p pushed, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.tags == nil {
		l.tags = map[string][]pushed{}
	}
	if err != nil {
		l.failedPushes++
		l.note("push of", p, err)
		l.tags[p.reference()] = append(l.tags[p.reference()], p)
		return
	}
	l.pushed++
	l.acknowledged = append(l.acknowledged, p)
	l.tags[p.reference()] = []pushed{p}
}

// pull notes how a pull ended.
func (l *ledger) pull(p pushed, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.pulled++
		return
	}
	l.note("pull of", p, err)
	if !l.wrong(err) {
		l.failedPulls++
	}
}

// wrong counts what must never be, faults or not.
func (l *ledger) wrong(err error) bool {
	switch {
	case errors.Is(err, errCorrupt):
		l.corrupt++
	case errors.Is(err, errLost):
		l.lost++
	default:
		return false
	}
	return true
}

func (l *ledger) note(what string, p pushed, err error) {
	if len(l.errors) < keptErrors {
		l.errors = append(l.errors, fmt.Sprintf("%s %s (%s): %v", what, p.reference(), p.title, err))
	}
}

// any is one of the acknowledged images.
func (l *ledger) any(rng *rand.Rand) (pushed, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.acknowledged) == 0 {
		return pushed{}, false
	}
	return l.acknowledged[rng.IntN(len(l.acknowledged))], true
}

// readers is how many images are looked at in the end at the same time.
const readers = 8

// verify pulls every acknowledged image and looks at every tag, when all clients have ended.
func (l *ledger) verify(ctx context.Context) {
	var group errgroup.Group
	group.SetLimit(readers)
	for _, p := range l.acknowledged {
		group.Go(func() error {
			l.found(p, compare(ctx, l.address, p))
			return nil
		})
	}
	for _, candidates := range l.tags {
		group.Go(func() error {
			if !slices.ContainsFunc(candidates, func(p pushed) bool { return resolves(ctx, l.address, p) == nil }) {
				last := candidates[0]
				l.found(last, fmt.Errorf("%w: the tag is none of its last %d images: %w", errLost, len(candidates), resolves(ctx, l.address, last)))
			}
			return nil
		})
	}
	_ = group.Wait() // what is wrong is in the ledger
}

// found notes what became of an image in the end.
func (l *ledger) found(p pushed, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		return
	}
	l.note("final pull of", p, err)
	if !l.wrong(err) {
		l.unreadable++
	}
}

// String is the report.
func (l *ledger) String() string {
	text := fmt.Sprintf("%d pushes, %d failed; %d pulls, %d failed; %d images verified in the end, %d unreadable; %d corrupt, %d lost",
		l.pushes(), l.failedPushes, l.pulls(), l.failedPulls, len(l.acknowledged), l.unreadable, l.corrupt, l.lost)
	for _, e := range l.errors {
		text += "\n\t" + e
	}
	return text
}
