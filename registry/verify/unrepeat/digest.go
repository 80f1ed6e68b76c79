package unrepeat

import (
	"context"
	"encoding"
	"fmt"
	"hash"

	"github.com/opencontainers/go-digest"
)

const (
	// hashFactor bounds how much is hashed, as a multiple of the blob's size.
	hashFactor = 12
	// hashExtra is added for a blob in memory, whose bytes cost no reading.
	hashExtra = 64 << 20
	// statesKept is into how many parts the states of the hash divide a blob.
	statesKept = 256
)

// digests computes digests of the blob with ranges cut out.
type digests struct {
	src    *source
	want   digest.Digest
	states []state // of the hash over the stored bytes, by offset
	tried  map[string]struct{}
	budget int64 // bytes that may still be hashed
}

type state struct {
	offset int64
	sum    []byte
}

func newDigests(src *source, want digest.Digest) *digests {
	budget := hashFactor * src.p.Size
	if src.cached != nil {
		budget += hashExtra
	}
	return &digests{src: src, want: want, tried: make(map[string]struct{}), budget: budget}
}

func (d *digests) spent() bool { return d.budget <= 0 }

// whole hashes the stored bytes, passing them to also, and tells whether they
// have the digest.
func (d *digests) whole(ctx context.Context, also func([]byte)) (bool, error) {
	sum := d.want.Algorithm().Hash()
	d.keep(0, sum)
	size := d.src.p.Size
	step := max(size/statesKept, chunkSize/4)
	err := d.src.stream(ctx, 0, size, func(offset int64, b []byte) bool {
		also(b)
		for len(b) > 0 {
			n := min(int64(len(b)), step)
			sum.Write(b[:n])
			b, offset = b[n:], offset+n
			d.keep(offset, sum)
		}
		return true
	})
	return d.is(sum), err
}

// keep remembers the state of the hash, unless it kept one just before.
func (d *digests) keep(offset int64, sum hash.Hash) {
	if n := len(d.states); n > 0 && offset-d.states[n-1].offset < d.src.p.Size/statesKept {
		return
	}
	if m, ok := sum.(encoding.BinaryMarshaler); ok {
		if b, err := m.MarshalBinary(); err == nil {
			d.states = append(d.states, state{offset, b})
		}
	}
}

func (d *digests) is(sum hash.Hash) bool {
	return digest.NewDigest(d.want.Algorithm(), sum) == d.want
}

// without tells whether the blob has the digest when the ranges are cut out;
// never, once the budget is spent or if it has been asked before.
func (d *digests) without(ctx context.Context, cuts []Cut) (bool, error) {
	name := fmt.Sprint(cuts)
	if _, again := d.tried[name]; again || d.spent() {
		return false, nil
	}
	d.tried[name] = struct{}{}
	at, sum := d.resume(cuts[0].Offset)
	for _, c := range append(cuts, Cut{Offset: d.src.p.Size}) {
		d.budget -= c.Offset - at
		if err := d.src.stream(ctx, at, c.Offset, func(_ int64, b []byte) bool {
			sum.Write(b)
			return true
		}); err != nil {
			return false, err
		}
		at = c.Offset + c.Length
	}
	return d.is(sum), nil
}

// resume returns the hash of the stored bytes up to a place at or before offset.
func (d *digests) resume(offset int64) (int64, hash.Hash) {
	sum := d.want.Algorithm().Hash()
	for i := len(d.states) - 1; i >= 0; i-- {
		if d.states[i].offset > offset {
			continue
		}
		if u, ok := sum.(encoding.BinaryUnmarshaler); ok && u.UnmarshalBinary(d.states[i].sum) == nil {
			return d.states[i].offset, sum
		}
	}
	return 0, d.want.Algorithm().Hash()
}
