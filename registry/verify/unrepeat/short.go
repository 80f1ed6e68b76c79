package unrepeat

import (
	"cmp"
	"context"
	"encoding/binary"
	"slices"
)

const (
	// maxShort is the longest lag that is searched for exactly, in bytes.
	maxShort = 4096
	// minShort is the shortest lag of a repeated block that is searched for
	// everywhere. Shorter ones abound by chance. Their long runs, as of zeros,
	// are noted all the same, because a block may have been repeated in them.
	minShort = 4
	// longRun is from where on a run counts as content that is periodic by nature.
	longRun = 32
	// maxRepeats bounds how many repeats are kept.
	maxRepeats = 1 << 16
)

// shortLags finds all repeats with a lag from minShort to maxShort. A run of
// length m must cover one of any m-w+1 positions in a row together with the w
// bytes from there on, so it is enough to compare words at that stride: in all
// about ln(maxShort) comparisons for each byte of the blob.
func (s *search) shortLags(ctx context.Context) ([]repeat, error) {
	f := &shortFinder{last: make(map[int64]int)}
	const overlap = 2 * maxShort
	// Eight more bytes than are used, so that a word can be loaded anywhere.
	buf := make([]byte, chunkSize+overlap+8)
	for at := int64(0); at < s.src.p.Size; at += chunkSize {
		n := min(chunkSize+overlap, s.src.p.Size-at)
		if err := s.src.readAt(ctx, buf[:n], at); err != nil {
			return nil, err
		}
		f.scan(buf[:n:n+8], at)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return f.found, nil
}

type shortFinder struct {
	found    []repeat
	last     map[int64]int // index in found of the last repeat of a lag
	periodic []repeat      // long runs in the present piece, with offsets in it
}

// scan looks at one piece of the blob; b has eight bytes of capacity to spare.
func (f *shortFinder) scan(b []byte, at int64) {
	f.periodic = f.periodic[:0]
	for lag := 1; lag <= maxShort && lag < len(b); lag++ {
		f.scanLag(b, at, lag)
	}
}

func (f *shortFinder) scanLag(b []byte, at int64, lag int) {
	least := lag
	if lag < minShort {
		least = longRun
	}
	word := min(8, (least+1)/2)
	mask := ^uint64(0) >> (64 - 8*word)
	skip := f.skipper(lag)
	n := len(b) - lag // positions that have a counterpart
	full := b[:cap(b)]
	from := 0
	for i := 0; i+word <= n; i += least - word + 1 {
		if (binary.LittleEndian.Uint64(full[i:])^binary.LittleEndian.Uint64(full[i+lag:]))&mask != 0 {
			continue
		}
		if end := skip(i); end > i {
			i, from = end, end
			continue
		}
		start := i - commonSuffix(b[from:i], b[from+lag:i+lag])
		end := i + commonPrefix(b[i:n], b[i+lag:])
		if end-start >= least {
			f.keep(repeat{at + int64(start), int64(end - start), int64(lag)})
			if end-start >= longRun && lag <= window {
				f.periodic = append(f.periodic, repeat{int64(start), int64(end - start), int64(lag)})
			}
		}
		i = max(i, end-(least-word)) // the byte at end differs
		from = min(end+1, n)
	}
}

// skipper returns a function that tells up to where position i needn't be looked
// at with this lag, since it lies in a run of which the lag is a multiple.
func (f *shortFinder) skipper(lag int) func(i int) int {
	var runs []repeat
	for _, r := range f.periodic {
		if int64(lag)%r.lag == 0 && int64(lag) > r.lag && r.length+r.lag > int64(lag) {
			runs = append(runs, r)
		}
	}
	slices.SortFunc(runs, func(a, b repeat) int { return cmp.Compare(a.start, b.start) })
	return func(i int) int {
		// Runs of different lags hardly overlap, so that the last one to begin
		// at or before i is the one that i may lie in.
		n, _ := slices.BinarySearchFunc(runs, int64(i)+1, func(r repeat, at int64) int { return cmp.Compare(r.start, at) })
		if n == 0 {
			return 0
		}
		return int(runs[n-1].start + runs[n-1].length + runs[n-1].lag - int64(lag))
	}
}

// keep notes a repeat, joining it with one that the piece before saw the start of.
func (f *shortFinder) keep(r repeat) {
	if i, ok := f.last[r.lag]; ok {
		before := &f.found[i]
		if end := r.start + r.length; r.start <= before.start+before.length {
			before.length = max(before.length, end-before.start)
			return
		}
	}
	if len(f.found) < maxRepeats {
		f.last[r.lag] = len(f.found)
		f.found = append(f.found, r)
	}
}
