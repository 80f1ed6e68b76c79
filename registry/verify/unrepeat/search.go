package unrepeat

import (
	"cmp"
	"context"
	"slices"
)

// search holds the state of one Find.
type search struct {
	src     *source
	p       Problem
	digests *digests
	excess  int64 // how much there is to cut out, -1 if that isn't known
	repeats []repeat
	// left and right hold two pieces of a blob that isn't in memory.
	left, right []byte
}

func newSearch(src *source, p Problem) *search {
	s := &search{src: src, p: p, digests: newDigests(src, p.Digest), excess: -1}
	if p.Want >= 0 && p.Want < p.Size {
		s.excess = p.Size - p.Want
	}
	s.left, s.right = make([]byte, chunkSize), make([]byte, chunkSize)
	return s
}

// run does the steps in order, and ends with the first that finds what to cut out.
// It returns nil if there is no result, and no cuts if the blob is right as it is.
func (s *search) run(ctx context.Context) ([]Cut, error) {
	samples := newSampler(s.p.Size)
	if right, err := s.digests.whole(ctx, samples.write); right || err != nil {
		return []Cut{}, err
	}
	repeats, late, err := s.measure(ctx, samples.tracks())
	if err != nil {
		return nil, err
	}
	s.repeats = repeats
	for _, step := range []struct {
		eighths int64 // of the budget may be spent when it ends
		try     func(context.Context) ([]Cut, error)
	}{
		{1, s.tryTail},
		{2, s.trySets},
		{6, s.tryLags},
		{7, s.tryShort},
		{8, func(ctx context.Context) ([]Cut, error) { return s.tryLate(ctx, late) }},
	} {
		s.digests.allow(step.eighths)
		if cuts, err := step.try(ctx); cuts != nil || err != nil {
			return cuts, err
		}
	}
	return nil, nil
}

// tryTail cuts off the end: a repeated last block, or the whole blob stored
// several times over.
func (s *search) tryTail(ctx context.Context) ([]Cut, error) {
	lengths := []int64{s.excess}
	if s.excess < 0 {
		lengths = lengths[:0]
		for times := int64(2); times <= 6; times++ {
			if s.p.Size%times == 0 {
				lengths = append(lengths, s.p.Size-s.p.Size/times)
			}
		}
	}
	var sets [][]Cut
	for _, n := range lengths {
		sets = append(sets, []Cut{{s.p.Size - n, n}})
	}
	return s.digests.match(ctx, sets)
}

// tryLags looks for one repeated block of any content, beside those that are
// known already.
func (s *search) tryLags(ctx context.Context) ([]Cut, error) {
	if s.excess < 0 {
		return nil, nil
	}
	remaining := []int64{s.excess}
	if rest := s.excess - sumOf(s.solid()); rest > 0 && rest < s.excess {
		remaining = append(remaining, rest)
	}
	for _, rest := range remaining {
		for times := int64(1); times <= 4; times++ {
			if rest%times != 0 {
				continue
			}
			found, err := s.atLag(ctx, rest/times)
			if err != nil {
				return nil, err
			}
			s.join(found)
		}
	}
	return s.trySets(ctx)
}

func (s *search) tryShort(ctx context.Context) ([]Cut, error) {
	found, err := s.shortLags(ctx)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	s.join(found)
	return s.trySets(ctx)
}

// join adds repeats that aren't known yet.
func (s *search) join(more []repeat) {
	known := make(map[repeat]struct{}, len(s.repeats))
	for _, r := range s.repeats {
		known[r] = struct{}{}
	}
	for _, r := range more {
		if _, ok := known[r]; !ok {
			known[r] = struct{}{}
			s.repeats = append(s.repeats, r)
		}
	}
}

// trySets tries sets of the known repeats.
func (s *search) trySets(ctx context.Context) ([]Cut, error) {
	// Those that look like a block first, and of these the longest, because
	// chance makes only short ones; then the last, because they take the least
	// hashing.
	slices.SortFunc(s.repeats, func(a, b repeat) int {
		return cmp.Or(cmp.Compare(b.rank(), a.rank()), cmp.Compare(b.lag, a.lag), cmp.Compare(b.start, a.start))
	})
	a := &attempts{digests: s.digests}
	try := func(set []choice) bool { return a.try(ctx, place(set)) }
	if s.excess >= 0 {
		enumerate(s.repeats, s.excess, try)
	} else {
		enumerateAny(s.repeats, try)
	}
	return a.end(ctx)
}

// tryLate tries blocks that landed a second time behind others.
func (s *search) tryLate(ctx context.Context, late []repeat) ([]Cut, error) {
	a := &attempts{digests: s.digests}
	bases := [][]choice{nil}
	if solid := s.solid(); len(solid) > 0 {
		bases = append(bases, solid)
	}
	for _, base := range bases {
		placed := place(base)
		if placed == nil && base != nil {
			continue
		}
		for _, r := range late {
			for _, cut := range lateCuts(r, s.excess-sumOf(base), s.excess >= 0) {
				if !a.try(ctx, insert(placed, cut)) {
					return a.end(ctx)
				}
			}
		}
	}
	return a.end(ctx)
}

// solid chooses every repeat that isn't periodic by nature, as often as it goes.
func (s *search) solid() []choice {
	var set []choice
	for _, r := range s.repeats {
		if r.times() <= maxTimes && r.lag >= window {
			set = append(set, choice{r, r.times()})
		}
	}
	return set
}
