package unrepeat

import (
	"bytes"
	"context"
	"fmt"
	"io"
)

// atLag finds all runs of at least the lag, with two readers at that distance.
func (s *search) atLag(ctx context.Context, lag int64) ([]repeat, error) {
	n := s.src.p.Size - lag
	if n < lag {
		return nil, nil
	}
	first, err := s.src.open(ctx, 0)
	if err != nil {
		return nil, err
	}
	second, err := s.src.open(ctx, lag)
	if err != nil {
		return nil, s.src.done(first, 0, err)
	}
	var found []repeat
	run := repeat{lag: lag}
	end := func(at int64) {
		if run.length >= lag && len(found) < maxRepeats {
			found = append(found, run)
		}
		run.start, run.length = at, 0
	}
	for at := int64(0); at < n && err == nil; err = ctx.Err() {
		size := min(chunkSize, n-at)
		a, b := s.left[:size], s.right[:size]
		if _, err = io.ReadFull(first, a); err != nil {
			break
		}
		if _, err = io.ReadFull(second, b); err != nil {
			break
		}
		compare(a, b, func(i int, same int) {
			run.length += int64(same)
			if i+same < len(a) {
				end(at + int64(i+same) + 1)
			}
		})
		at += size
	}
	end(n)
	err = s.src.done(second, lag, err)
	if err = s.src.done(first, 0, err); err != nil {
		return nil, fmt.Errorf("comparing at distance %d: %w", lag, err)
	}
	return found, nil
}

// compare goes through a and b, of equal length, and calls f for each stretch of
// equal bytes, which may be empty. A different byte or the end closes a stretch.
func compare(a, b []byte, f func(i, same int)) {
	for i := 0; i < len(a); {
		if j := i + 4096; j <= len(a) && bytes.Equal(a[i:j], b[i:j]) {
			same := 4096 + commonPrefix(a[j:], b[j:])
			f(i, same)
			i += same + 1
			continue
		}
		same := commonPrefix(a[i:], b[i:])
		f(i, same)
		i += same + 1
	}
}
