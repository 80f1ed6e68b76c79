package unrepeat

import (
	"bytes"
	"cmp"
	"context"
	"slices"
)

// repeat is a run of positions i, from start on, with S[i] == S[i+lag].
type repeat struct {
	start, length, lag int64
}

// times is how often the lag can be cut out.
func (r repeat) times() int64 { return r.length / r.lag }

// rank tells repeats that look like a block sent again, 1, from others, 0: their
// run is a multiple of the lag but for bytes that are equal by chance.
func (r repeat) rank() int {
	if r.times() >= 1 && r.times() <= maxTimes && r.length%r.lag <= chanceBytes {
		return 1
	}
	return 0
}

// measure turns tracks into runs, as long as they go. Those of at least their
// lag are repeats; of the others, the ones that could be a block that landed
// late are returned as well. It reads at most as much as the blob has bytes,
// a few times over.
func (s *search) measure(ctx context.Context, tracks []track) (repeats, late []repeat, err error) {
	budget := 4*s.src.p.Size + 64*chunkSize
	for _, t := range tracks {
		// The last byte of the window: the first ones hardly count in the
		// fingerprint, and may lie before the run.
		at := t.first - 1 - t.lag
		if budget <= 0 {
			break
		}
		if covered(repeats, t.lag, at) || covered(late, t.lag, at) {
			continue
		}
		r, err := s.extend(ctx, at, t.lag)
		if err != nil {
			return nil, nil, err
		}
		budget -= 2*r.length + chunkSize/4
		switch {
		case r.length >= t.lag:
			repeats = append(repeats, r)
		case r.length >= window:
			late = append(late, r)
		}
	}
	byStart := func(a, b repeat) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.lag, b.lag)) }
	slices.SortFunc(repeats, byStart)
	slices.SortFunc(late, byStart)
	return repeats, late, nil
}

func covered(list []repeat, lag, at int64) bool {
	for _, r := range list {
		if r.lag == lag && at >= r.start && at < r.start+r.length {
			return true
		}
	}
	return false
}

// extend measures the run at the lag that at lies in.
func (s *search) extend(ctx context.Context, at, lag int64) (repeat, error) {
	end, err := s.extendRight(ctx, at, lag)
	if err != nil {
		return repeat{}, err
	}
	start, err := s.extendLeft(ctx, at, lag)
	return repeat{start, end - start, lag}, err
}

// extendRight returns the first i from at on with S[i] != S[i+lag].
func (s *search) extendRight(ctx context.Context, at, lag int64) (int64, error) {
	for step := int64(64 << 10); at+lag < s.src.p.Size; step = min(2*step, chunkSize) {
		n := min(step, s.src.p.Size-lag-at)
		a, b, err := s.pair(ctx, at, lag, n)
		if err != nil {
			return 0, err
		}
		same := commonPrefix(a, b)
		at += int64(same)
		if same < len(a) {
			break
		}
	}
	return at, nil
}

// extendLeft returns the least i up to at such that from i to at all are equal.
func (s *search) extendLeft(ctx context.Context, at, lag int64) (int64, error) {
	for step := int64(64 << 10); at > 0; step = min(2*step, chunkSize) {
		n := min(step, at)
		a, b, err := s.pair(ctx, at-n, lag, n)
		if err != nil {
			return 0, err
		}
		same := commonSuffix(a, b)
		at -= int64(same)
		if same < len(a) {
			break
		}
	}
	return at, nil
}

// pair returns n bytes at an offset and as many at the lag behind it.
func (s *search) pair(ctx context.Context, at, lag, n int64) (a, b []byte, err error) {
	if s.src.cached != nil {
		return s.src.cached[at : at+n], s.src.cached[at+lag : at+lag+n], nil
	}
	a, b = s.left[:n], s.right[:n]
	if err := s.src.readAt(ctx, a, at); err != nil {
		return nil, nil, err
	}
	return a, b, s.src.readAt(ctx, b, at+lag)
}

// commonPrefix returns how many bytes a and b, of equal length, begin alike.
func commonPrefix(a, b []byte) int {
	n := 0
	for len(a)-n >= 256 && bytes.Equal(a[n:n+256], b[n:n+256]) {
		n += 256
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []byte) int {
	n := len(a)
	for n >= 256 && bytes.Equal(a[n-256:n], b[n-256:n]) {
		n -= 256
	}
	for n > 0 && a[n-1] == b[n-1] {
		n--
	}
	return len(a) - n
}
