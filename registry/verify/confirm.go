package verify

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// settle looks a second time at everything that looked wrong, a while after the
// first, and reports what still is. What a push under way had half written by
// then is whole now, and what was deleted is gone.
func (c *checker) settle(ctx context.Context) error {
	if len(c.suspects) == 0 {
		return nil
	}
	timer := time.NewTimer(c.o.Settle)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
	}
	c.o.Meter.Start("looking again", int64(len(c.suspects)), -1)
	still := make([]bool, len(c.suspects))
	if err := c.inParallel(ctx, len(c.suspects), func(ctx context.Context, i int) error {
		defer c.o.Meter.Add(1, 0)
		wrong, err := c.confirm(ctx, &c.suspects[i])
		if err != nil {
			s := c.suspects[i]
			return c.couldNotLook(ctx, s.Path, s.Digest, fmt.Errorf("looking again at %s: %w", s.Path, err))
		}
		still[i] = wrong
		return nil
	}); err != nil {
		return err
	}
	confirmed := c.suspects[:0]
	for i, s := range c.suspects {
		if !still[i] {
			continue
		}
		if _, folder := c.folders[s.Path]; folder {
			s.Mend = Mend{No, "a folder is in its place: take that away"}
		}
		confirmed = append(confirmed, s)
	}
	c.suspects = nil
	return c.report(ctx, confirmed)
}

// maxLooks bounds how often a file that is written to while it is looked at is
// looked at again.
const maxLooks = 5

// confirm looks at a suspect again, and notes which state of the file it saw.
func (c *checker) confirm(ctx context.Context, s *suspect) (wrong bool, err error) {
	looked := cmp.Or(s.looked, s.Path)
	for range maxLooks {
		s.Seen.At = time.Now().UTC()
		if s.Seen.Version, err = Look(ctx, c.driver, looked); err != nil {
			return false, err
		}
		if wrong, err = s.again(ctx); err != nil || !wrong {
			return false, err
		}
		after, err := Look(ctx, c.driver, looked)
		if err != nil || after.Equal(s.Seen.Version) {
			return err == nil, err
		}
	}
	return true, nil // repair will see for itself
}

// report says whom the findings reach, and hands them over sorted by path.
func (c *checker) report(ctx context.Context, list []suspect) error {
	slices.SortFunc(list, func(a, b suspect) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detail, b.Detail))
	})
	list = byCause(list)
	for i := range list {
		if err := c.fill(ctx, &list[i]); err != nil {
			return err
		}
		c.summary.count(list[i].Finding)
		if list[i].Kind.Litter() && !c.o.Litter {
			continue
		}
		if err := c.emit(list[i].Finding); err != nil {
			return fmt.Errorf("writing the report: %w", err)
		}
	}
	return nil
}
