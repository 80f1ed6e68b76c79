package unrepeat

import (
	"context"
	"encoding"
	"hash"
	"hash/maphash"

	"github.com/opencontainers/go-digest"
)

// statesKept is into how many parts the states of the hash divide a blob.
const statesKept = 256

// digests computes digests of the blob with ranges cut out.
type digests struct {
	src    *source
	want   digest.Digest
	states []state             // of the hash over the stored bytes, by offset
	tried  map[uint64]struct{} // by name
	seed   maphash.Seed
	// How many bytes may be hashed and read: in all, still, and what is to be
	// kept of it for later.
	ofHashing, hashing, keepHashing int64
	ofReading, reading, keepReading int64
	gaveUp                          bool // some step had more to try
}

type state struct {
	offset int64
	sum    []byte
}

func newDigests(src *source, want digest.Digest) *digests {
	d := &digests{src: src, want: want, tried: make(map[uint64]struct{}), seed: maphash.MakeSeed()}
	d.ofHashing, d.ofReading = hashFactor*src.p.Size, readFactor*src.p.Size
	if src.cached != nil && src.p.Want >= 0 {
		d.ofHashing += hashExtra
	}
	d.hashing, d.reading = d.ofHashing, d.ofReading
	return d
}

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
