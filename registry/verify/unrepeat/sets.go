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
	maxSteps = 50_000_000
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
// first, until it returns false: all repeats; then few of them; then nearly all.
func enumerate(repeats []repeat, excess int64, try func([]choice) bool) {
	var all []choice
	for _, r := range repeats {
		if r.times() <= maxTimes {
			all = append(all, choice{r, r.times()})
		}
	}
	sum := sumOf(all)
	if sum == excess && len(all) > 0 && !try(all) {
		return
	}
	e := &enumerator{repeats: repeats, steps: maxSteps, try: try}
	for depth := 1; depth <= min(maxDepth, len(repeats)); depth++ {
		if !e.combine(nil, 0, excess, depth) {
			return
		}
	}
	if sum <= excess {
		return
	}
	e = &enumerator{repeats: withoutPeriodic(repeats), steps: maxSteps, try: func(leave []choice) bool {
		return try(subtract(all, leave))
	}}
	for depth := 1; depth <= min(maxDepth, len(e.repeats)); depth++ {
		if !e.combine(nil, 0, sum-excess, depth) {
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
