package unrepeat

import (
	"cmp"
	"math/bits"
	"math/rand/v2"
	"slices"
)

const (
	// window is how many bytes a fingerprint is about. It follows from the hash,
	// which shifts a byte out after 64 steps.
	window = 64
	// sampleBits: one position in 2^sampleBits is sampled.
	sampleBits = 7
	// tableBits: the table of samples has at most 2^tableBits entries, which
	// reach back 128 MiB on average; beyond that it forgets gradually.
	tableBits = 20
	// maxTracks bounds the lags under observation.
	maxTracks = 4096
)

// gear is the table of a gear hash, known from content-defined chunking: one
// shift and one addition a byte.
var gear = func() (table [256]uint64) {
	random := rand.New(rand.NewPCG(0x726567697374, 0x7279)) //nolint:gosec // no secret: any table will do
	for i := range table {
		table[i] = random.Uint64()
	}
	return table
}()

// sample is where a fingerprint was last met: the offset behind its last byte.
type sample struct {
	fingerprint uint64
	end         int64
}

// track is a series of samples that were all met before at the same distance.
type track struct {
	lag         int64
	first, last int64 // ends of the first and last sample
	count       int
}

// sampler finds distances at which the content repeats.
type sampler struct {
	hash   uint64
	offset int64
	table  []sample
	open   map[int64]*track
	closed []track
}

func newSampler(size int64) *sampler {
	n := 8
	for n < tableBits && size>>(n+sampleBits-2) > 0 {
		n++
	}
	return &sampler{table: make([]sample, 1<<n), open: make(map[int64]*track)}
}

func (s *sampler) write(b []byte) {
	h, offset := s.hash, s.offset
	for _, c := range b {
		h = h<<1 + gear[c]
		offset++
		// The high bits depend on all bytes of the window.
		if h>>(64-sampleBits) == 0 && offset >= window {
			s.meet(h, offset)
		}
	}
	s.hash, s.offset = h, offset
}

func (s *sampler) meet(fingerprint uint64, end int64) {
	slot := &s.table[(fingerprint*0x9E3779B97F4A7C15)>>(64-bits.TrailingZeros(uint(len(s.table))))]
	if slot.fingerprint == fingerprint && slot.end > 0 {
		s.note(end-slot.end, end)
	}
	*slot = sample{fingerprint, end}
}

func (s *sampler) note(lag, end int64) {
	t := s.open[lag]
	if t != nil && end-t.last <= max(lag/2, window) {
		t.last = end
		t.count++
		return
	}
	if t != nil {
		s.closed = append(s.closed, *t)
	}
	s.open[lag] = &track{lag: lag, first: end, last: end, count: 1}
	if len(s.open) > 2*maxTracks {
		s.prune()
	}
}

// prune closes every track, and keeps the best ones.
func (s *sampler) prune() {
	for lag, t := range s.open {
		s.closed = append(s.closed, *t)
		delete(s.open, lag)
	}
	s.shorten()
}

func (s *sampler) shorten() {
	slices.SortFunc(s.closed, func(a, b track) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.first, b.first), cmp.Compare(a.lag, b.lag))
	})
	s.closed = s.closed[:min(len(s.closed), maxTracks)]
}

// tracks returns what was found, the longest first.
func (s *sampler) tracks() []track {
	s.prune()
	return s.closed
}
