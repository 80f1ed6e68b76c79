package unrepeat

import (
	"context"
	"encoding/binary"
	"hash"
	"hash/maphash"
	"runtime"

	"golang.org/x/sync/errgroup"
)

const (
	// hashFactor bounds how much is hashed, as a multiple of the blob's size.
	hashFactor = 128
	// readFactor bounds how much is read for it, likewise.
	readFactor = 12
	// hashExtra is added for a blob in memory, whose bytes cost no reading, when
	// it is known how much there is to cut out.
	hashExtra = 512 << 20
	// cutCost is what dealing with one cut counts for, in bytes hashed.
	cutCost = 256
	// maxBatch is how many guesses share one pass over the blob at most.
	maxBatch = 64
)

// guess is a set of cuts whose result is being hashed.
type guess struct {
	cuts []Cut
	left []Cut // the cuts still ahead
	at   int64 // where hashing goes on
	sum  hash.Hash
}

// write hashes what the guess leaves of the bytes at offset.
func (g *guess) write(offset int64, b []byte) {
	end := offset + int64(len(b))
	for g.at < end {
		to := end
		if len(g.left) > 0 {
			to = min(end, g.left[0].Offset)
		}
		if g.at < to {
			_, _ = g.sum.Write(b[g.at-offset : to-offset]) // never fails
			g.at = to
		}
		if len(g.left) > 0 && g.at == g.left[0].Offset {
			g.at += g.left[0].Length
			g.left = g.left[1:]
		}
	}
}

// match returns one of the sets of cuts without which the blob has the digest,
// nil if there is none. All are hashed in one pass over the blob. Sets that have
// been asked for before are passed over, and all once the budget is spent.
func (d *digests) match(ctx context.Context, sets [][]Cut) ([]Cut, error) {
	from := d.src.p.Size
	var guesses []*guess
	for _, cuts := range sets {
		name := d.name(cuts)
		if _, again := d.tried[name]; again || d.spent() {
			continue
		}
		d.tried[name] = struct{}{}
		at, sum := d.resume(cuts[0].Offset)
		d.hashing -= d.src.p.Size - at + int64(len(cuts))*cutCost
		guesses = append(guesses, &guess{cuts, cuts, at, sum})
		from = min(from, at)
	}
	if len(guesses) == 0 {
		return nil, nil
	}
	if d.src.cached == nil {
		d.reading -= d.src.p.Size - from
	}
	if err := d.src.stream(ctx, from, d.src.p.Size, func(offset int64, b []byte) bool {
		writeAll(guesses, offset, b)
		return true
	}); err != nil {
		return nil, err
	}
	for _, g := range guesses {
		if d.is(g.sum) {
			return g.cuts, nil
		}
	}
	return nil, nil
}

// name identifies a set of cuts in little memory: a set may have many thousands.
func (d *digests) name(cuts []Cut) uint64 {
	var b []byte
	for _, c := range cuts {
		b = binary.LittleEndian.AppendUint64(b, uint64(c.Offset)) //nolint:gosec // only has to differ
		b = binary.LittleEndian.AppendUint64(b, uint64(c.Length)) //nolint:gosec // likewise
	}
	return maphash.Bytes(d.seed, b)
}

// writeAll shares the guesses between the processors.
func writeAll(guesses []*guess, offset int64, b []byte) {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, g := range guesses {
		group.Go(func() error { g.write(offset, b); return nil })
	}
	_ = group.Wait() // no guess has an error to give
}

// allow lets so many eighths of the budget be spent by now, so that a step with
// many guesses leaves something to those behind it.
func (d *digests) allow(eighths int64) {
	d.keepHashing, d.keepReading = d.ofHashing/8*(8-eighths), d.ofReading/8*(8-eighths)
}

// spent tells that nothing more is to be tried for now.
func (d *digests) spent() bool { return d.hashing <= d.keepHashing || d.reading <= d.keepReading }

// attempts collects sets of cuts, so that many are matched at once: few at first,
// because the first ones are the likely ones.
type attempts struct {
	digests *digests
	pending [][]Cut
	batch   int
	found   []Cut
	err     error
}

// try takes a set, which may be nil, and tells whether to go on.
func (a *attempts) try(ctx context.Context, cuts []Cut) bool {
	if cuts != nil {
		a.pending = append(a.pending, cuts)
	}
	if len(a.pending) >= max(1, a.batch) {
		a.batch = min(maxBatch, max(1, 4*a.batch))
		a.flush(ctx)
	}
	if a.digests.spent() {
		a.digests.gaveUp = true
	}
	return a.found == nil && a.err == nil && !a.digests.spent()
}

func (a *attempts) flush(ctx context.Context) {
	if a.found == nil && a.err == nil {
		a.found, a.err = a.digests.match(ctx, a.pending)
	}
	a.pending = nil
}

// end matches what is left, and returns the outcome.
func (a *attempts) end(ctx context.Context) ([]Cut, error) {
	a.flush(ctx)
	return a.found, a.err
}
