package unrepeat

import "slices"

// chanceBytes is how far chance may make a run longer than the block that was
// repeated: the bytes around the two places agree with odds of 1 in 256 each.
const chanceBytes = 3

// lateCuts returns the places at which a block may have landed a second time. The
// run says where equal bytes lie; the block is the run without the bytes at its
// ends that are equal by chance.
func lateCuts(r repeat, excess int64, known bool) []Cut {
	least, most := max(1, r.length-chanceBytes), r.length
	if known {
		least, most = max(least, excess), min(most, excess)
	}
	var cuts []Cut
	for length := most; length >= least; length-- {
		for shift := range r.length - length + 1 {
			cuts = append(cuts, Cut{r.start + r.lag + shift, length})
		}
	}
	return cuts
}

// insert adds a cut to others, which are in order; nil if it overlaps one.
func insert(cuts []Cut, c Cut) []Cut {
	i := 0
	for i < len(cuts) && cuts[i].Offset < c.Offset {
		i++
	}
	if i > 0 && cuts[i-1].Offset+cuts[i-1].Length > c.Offset {
		return nil
	}
	if i < len(cuts) && c.Offset+c.Length > cuts[i].Offset {
		return nil
	}
	return slices.Insert(slices.Clone(cuts), i, c)
}
