package unrepeat

import (
	"cmp"
	"math/bits"
	"slices"
)

const (
	// maxTimes is how often a block may plausibly have been sent again; a repeat
	// that could be cut out more often is content that is periodic by nature.
	maxTimes = 16
	// maxDepth is how many repeats are combined, when not all of them are.
	maxDepth = 6
	// maxSteps bounds the combining.
	maxSteps = 2_000_000
	// maxSubsets is the number of repeats up to which every subset is tried when
	// the excess isn't known.
	maxSubsets = 10
)

// choice is a repeat and how often its lag is to be cut out.
type choice struct {
	repeat
	times int64
}

func sumOf(set []choice) int64 {
	sum := int64(0)
	for _, c := range set {
		sum += c.times * c.lag
	}
	return sum
}

// place puts the cuts of a set in order. Where two would overlap, the later one
// is moved on within its run, which makes no difference to the result; nil if
// there is no room, or nothing to cut.
func place(set []choice) []Cut {
	set = slices.SortedFunc(slices.Values(set), func(a, b choice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.lag, b.lag))
	})
	var cuts []Cut
	end := int64(0)
	for _, c := range set {
		n := c.times * c.lag
		at := max(c.start, end)
		if at+n > c.start+c.length+c.lag {
			return nil
		}
		cuts = append(cuts, Cut{at, n})
		end = at + n
	}
	return cuts
}

// enumerate calls try with sets that make up the excess, the plausible ones
// first, until it returns false: what looks like blocks sent again, with a few
// others; then few of any repeats; then nearly all.
func enumerate(repeats []repeat, excess int64, try func([]choice) bool) {
	var all, likely, long []choice
	for _, r := range repeats {
		if r.times() > maxTimes {
			continue
		}
		c := choice{r, r.times()}
		all = append(all, c)
		if r.rank() > 0 {
			likely = append(likely, c)
		}
		if r.rank() > 0 && r.lag >= window {
			long = append(long, c)
		}
	}
	for depth := range maxDepth + 1 {
		for _, base := range [][]choice{all, likely, long, nil} {
			if !complete(base, depth, repeats, excess, try) {
				return
			}
		}
	}
	leaveOut(all, sumOf(all)-excess, repeats, try)
}

// complete calls try with the base and depth others that make up the excess. It
// returns false when try does.
func complete(base []choice, depth int, repeats []repeat, excess int64, try func([]choice) bool) bool {
	rest := excess - sumOf(base)
	if depth == 0 {
		return rest != 0 || try(base)
	}
	if rest <= 0 {
		return true
	}
	taken := make(map[repeat]struct{}, len(base))
	for _, c := range base {
		taken[c.repeat] = struct{}{}
	}
	others := slices.DeleteFunc(slices.Clone(repeats), func(r repeat) bool {
		_, ok := taken[r]
		return ok || r.lag > rest
	})
	e := &enumerator{repeats: others, steps: maxSteps, try: try}
	return e.combine(base, 0, rest, depth) || e.steps < 0
}

// leaveOut calls try with all but as few as make up what is too much.
func leaveOut(all []choice, tooMuch int64, repeats []repeat, try func([]choice) bool) {
	e := &enumerator{repeats: withoutPeriodic(repeats), steps: maxSteps, try: func(leave []choice) bool {
		return try(subtract(all, leave))
	}}
	for depth := 1; tooMuch > 0 && depth <= min(maxDepth, len(e.repeats)); depth++ {
		if !e.combine(nil, 0, tooMuch, depth) {
			return
		}
	}
}

type enumerator struct {
	repeats []repeat
	steps   int
	try     func([]choice) bool
}

// combine adds depth more repeats, from number first on, of rest bytes together.
func (e *enumerator) combine(set []choice, first int, rest int64, depth int) bool {
	for i := first; i < len(e.repeats); i++ {
		if e.steps--; e.steps < 0 {
			return false
		}
		r := e.repeats[i]
		if depth == 1 {
			if r.lag <= rest && rest%r.lag == 0 && rest/r.lag <= r.times() &&
				!e.try(append(slices.Clone(set), choice{r, rest / r.lag})) {
				return false
			}
			continue
		}
		for times := int64(1); times <= min(r.times(), 4) && times*r.lag < rest; times++ {
			if !e.combine(append(set, choice{r, times}), i+1, rest-times*r.lag, depth-1) {
				return false
			}
		}
	}
	return true
}

func withoutPeriodic(repeats []repeat) []repeat {
	return slices.DeleteFunc(slices.Clone(repeats), func(r repeat) bool { return r.times() > maxTimes })
}

// subtract takes some of the times out of a set.
func subtract(all, leave []choice) []choice {
	var rest []choice
	for _, c := range all {
		for _, l := range leave {
			if l.repeat == c.repeat {
				c.times -= l.times
			}
		}
		if c.times > 0 {
			rest = append(rest, c)
		}
	}
	return rest
}

// enumerateAny calls try with sets of any sum, the plausible ones first, until it
// returns false.
func enumerateAny(repeats []repeat, try func([]choice) bool) {
	repeats = withoutPeriodic(repeats)
	var all, long []choice
	for _, r := range repeats {
		c := choice{r, r.times()}
		all = append(all, c)
		if r.lag >= window {
			long = append(long, c)
		}
	}
	for _, set := range [][]choice{long, all} {
		if len(set) > 0 && !try(set) {
			return
		}
	}
	if !subsets(all[:min(len(all), maxSubsets)], try) {
		return
	}
	for _, c := range all {
		for times := int64(1); times <= c.times; times++ {
			once := []choice{{c.repeat, times}}
			if !try(once) || !try(subtract(all, once)) {
				return
			}
		}
	}
}

// subsets calls try with every subset, the large ones first.
func subsets(all []choice, try func([]choice) bool) bool {
	for size := len(all) - 1; size > 0; size-- {
		for mask := range uint(1) << len(all) {
			if bits.OnesCount(mask) != size {
				continue
			}
			var set []choice
			for i, c := range all {
				if mask>>i&1 == 1 {
					set = append(set, c)
				}
			}
			if !try(set) {
				return false
			}
		}
	}
	return true
}
