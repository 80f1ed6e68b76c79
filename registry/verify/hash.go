package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/time/rate"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// hasher reads blobs and compares them with their digests.
type hasher struct {
	*checker
	limiter *rate.Limiter
	buffers sync.Pool          // of *[]byte, bufferSize long
	streams chan struct{}      // one in it for each stream that is being read from
	ranges  chan *bytes.Buffer // for ranges that are read ahead; nil: not made yet
	pending atomic.Int64       // blobs that aren't hashed yet
	blobs   atomic.Int64
	bytes   atomic.Int64
	left    atomic.Int64
	// search is held while a blob is searched for repeated blocks, which needs
	// more memory than hashing does; reporting while findings are handed over.
	search, reporting sync.Mutex
}

// hashBlobs reads and hashes every blob in question that hasn't been read as a
// manifest already (in a quick run only those whose manifests disagree), those that
// contradict their descriptors first.
func (c *checker) hashBlobs(ctx context.Context, disputes map[blobID]*dispute) error {
	c.disputed = disputes
	jobs := c.selectBlobs()
	if len(jobs) == 0 && !c.o.Full {
		return nil
	}
	work := Workload{Blobs: int64(len(jobs))}
	for _, id := range jobs {
		work.Bytes += c.s.blobs[id].size
	}
	work.Requests = work.Blobs
	if c.o.Planned != nil {
		c.o.Planned(work)
	}
	c.o.Meter.Start("hashing blobs", work.Blobs, work.Bytes)
	h := c.newHasher(len(jobs))
	if err := h.reportNow(ctx); err != nil { // what the checkpoint remembers
		return err
	}
	err := c.inParallel(ctx, len(jobs), func(ctx context.Context, i int) error {
		defer h.pending.Add(-1)
		err := h.check(ctx, jobs[i])
		if err == nil {
			return nil
		}
		d := c.digest(jobs[i])
		return c.couldNotLook(ctx, layout.BlobPath(d), d, err)
	})
	c.summary.Hashed, c.summary.HashedBytes, c.summary.Left = h.blobs.Load(), h.bytes.Load(), h.left.Load()
	if err != nil {
		return err
	}
	if c.summary.Left == 0 && len(c.unread) == 0 && !c.o.narrowed() && c.o.Checkpoint != nil {
		return c.o.Checkpoint.Finish()
	}
	return nil
}

func (c *checker) newHasher(blobs int) *hasher {
	h := &hasher{checker: c, streams: make(chan struct{}, c.o.Concurrency)}
	h.pending.Store(int64(blobs))
	h.buffers.New = func() any { b := make([]byte, bufferSize); return &b }
	// One for each stream, and as many for what waits for a range before it.
	h.ranges = make(chan *bytes.Buffer, 2*c.o.Concurrency)
	for range cap(h.ranges) {
		h.ranges <- nil
	}
	if c.o.Rate > 0 {
		h.limiter = rate.NewLimiter(rate.Limit(c.o.Rate), max(bufferSize, int(min(c.o.Rate, math.MaxInt32))))
	}
	return h
}

// stopError is one that isn't about a single blob: the run can't go on.
type stopError struct{ error }

func (e *stopError) Unwrap() error { return e.error }

// selectBlobs returns the blobs to hash. What narrows a run doesn't keep it from
// the blobs that look wrong already.
func (c *checker) selectBlobs() []blobID {
	var suspicious, rest []blobID
	for i, b := range c.s.blobs {
		id := blobID(i)
		switch {
		case b.size <= 0 || b.revision || !c.wants(id):
		case c.disputed[id] != nil && !c.known(id, b):
			suspicious = append(suspicious, id)
		case c.disputed[id] != nil:
		case !c.o.Full:
		case !inSample(b.digest, c.o.Sample):
		case c.known(id, b):
		default:
			rest = append(rest, id)
		}
	}
	// The largest first, so that none is left to be read alone at the end.
	slices.SortStableFunc(rest, func(a, b blobID) int { return cmp.Compare(c.s.blobs[b].size, c.s.blobs[a].size) })
	return slices.Concat(suspicious, rest)
}

// known tells whether the checkpoint has the blob, and takes what was found of it. Of
// a sound one that manifests dispute it is they that are wrong.
func (c *checker) known(id blobID, b blob) bool {
	found, ok := c.o.Checkpoint.has(b)
	d := c.disputed[id]
	switch {
	case !ok:
		return false
	case found != nil:
		c.add(suspect{Finding: *found, blob: id, tag: -1})
	case d != nil:
		c.addDescriptors(id, d.claims)
	}
	c.summary.Resumed++
	return true
}

// inSample picks by the end of the digest, which is as good as random and the
// same in every run.
func inSample(d digest.Digest, percent float64) bool {
	if percent == 0 {
		return true
	}
	encoded := d.Encoded()
	tail, err := hex.DecodeString(encoded[len(encoded)-8:])
	return err == nil && float64(binary.BigEndian.Uint32(tail)) < percent/100*(1<<32)
}

// check hashes one blob.
func (h *hasher) check(ctx context.Context, id blobID) error {
	h.mu.Lock()
	b := h.s.blobs[id]
	h.mu.Unlock()
	if h.spent() {
		h.left.Add(1)
		return nil
	}
	d, size, err := h.hash(ctx, b, h.spare)
	if err != nil || size < 0 {
		return err
	}
	h.blobs.Add(1)
	h.o.Meter.Add(1, 0)
	if d == b.digest {
		return h.good(ctx, id, b)
	}
	path := layout.BlobPath(b.digest)
	seen := Seen{At: time.Now().UTC()}
	if seen.Version, err = Look(ctx, h.driver, path); err != nil {
		return err
	}
	// In one stream, which is of one state of the blob.
	seen.Digest, size, err = h.hash(ctx, b, func() bool { return false })
	if err != nil || size < 0 || seen.Digest == b.digest {
		return err
	}
	return h.corrupt(ctx, id, b, size, seen)
}

// spare tells whether there are fewer blobs left than there may be streams.
func (h *hasher) spare() bool { return h.pending.Load() < int64(h.o.Concurrency) }

// pace counts what was read, and waits until the run may go on.
func (h *hasher) pace(ctx context.Context, n int) error {
	h.bytes.Add(int64(n))
	for n > 0 && h.limiter != nil {
		piece := min(n, h.limiter.Burst())
		if err := h.limiter.WaitN(ctx, piece); err != nil {
			return err
		}
		n -= piece
	}
	return ctx.Err() // not every driver's reader ends with it
}

// spent tells whether the run has read all that it may.
func (h *hasher) spent() bool { return h.o.MaxBytes > 0 && h.bytes.Load() >= h.o.MaxBytes }

// good notes a blob whose bytes are right, and reports the manifests that
// nevertheless say otherwise.
func (h *hasher) good(ctx context.Context, id blobID, b blob) error {
	if d := h.disputed[id]; d != nil {
		h.addDescriptors(id, d.claims)
		if err := h.reportNow(ctx); err != nil {
			return err
		}
	}
	return h.o.Checkpoint.add(b, nil)
}
