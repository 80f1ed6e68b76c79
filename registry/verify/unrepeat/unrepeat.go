package unrepeat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"
)

// Problem is a blob whose bytes don't have the digest that they should have.
type Problem struct {
	// Open reads the stored bytes from an offset. It is called many times, and
	// must give the same bytes each time.
	Open func(ctx context.Context, offset int64) (io.ReadCloser, error)
	// Size is how many bytes are stored.
	Size int64
	// Want is how many bytes there should be, -1 if that isn't known.
	Want int64
	// Digest is what the result must have.
	Digest digest.Digest
}

// Cut is a range of the stored bytes that doesn't belong there.
type Cut struct {
	Offset int64 `json:"offset"`
	Length int64 `json:"length"`
}

// Solution is what to cut out, in order and without overlaps. Without any cut
// the stored bytes are right as they are.
type Solution struct {
	Cuts []Cut `json:"cuts"`
	Size int64 `json:"size"` // of the result
}

func (s Solution) String() string {
	if len(s.Cuts) == 0 {
		return "nothing to cut out"
	}
	var b strings.Builder
	b.WriteString("cut out")
	for i, c := range s.Cuts {
		if i > 0 {
			b.WriteString(" and")
		}
		fmt.Fprintf(&b, " %d bytes at %d", c.Length, c.Offset)
	}
	return b.String()
}

// NotFoundError says that no repetition explains the damage.
type NotFoundError struct{ Reason string }

func (e *NotFoundError) Error() string { return "not mendable: " + e.Reason }

// Find looks for what to cut out. If there is nothing, or nothing to be found
// within reason, the error is a NotFoundError; others come from p.Open and ctx.
func Find(ctx context.Context, p Problem) (Solution, error) {
	switch {
	case p.Size == 0:
		return Solution{}, &NotFoundError{"there are no bytes"}
	case p.Want > p.Size:
		return Solution{}, &NotFoundError{fmt.Sprintf("%d bytes are missing", p.Want-p.Size)}
	}
	src, err := newSource(ctx, p)
	if err != nil {
		return Solution{}, err
	}
	s := newSearch(src, p)
	cuts, err := s.run(ctx)
	if err != nil {
		return Solution{}, err
	}
	if cuts == nil {
		reason := "the damage is no repetition"
		if s.digests.gaveUp {
			reason = "no repetition tried so far explains the damage, and there are too many to try"
		}
		return Solution{}, &NotFoundError{reason}
	}
	solution := Solution{Cuts: cuts, Size: p.Size}
	for _, c := range cuts {
		solution.Size -= c.Length
	}
	return solution, nil
}

// FindAny looks for a result of one of the sizes, whatever p.Want says. If there is
// none, or several, or one is the stored size, a result of any size will do: who
// gave the sizes may have been wrong.
func FindAny(ctx context.Context, p Problem, sizes []int64) (Solution, error) {
	anySize := len(sizes) != 1
	var err error
	for _, size := range sizes {
		if size == p.Size {
			anySize = true
			continue
		}
		p.Want = size
		var solution Solution
		solution, err = Find(ctx, p)
		var not *NotFoundError
		if !errors.As(err, &not) {
			return solution, err
		}
	}
	if !anySize {
		return Solution{}, err
	}
	p.Want = -1
	return Find(ctx, p)
}

// Bytes returns the right bytes of a small blob that is held in memory.
func Bytes(content []byte, d digest.Digest) ([]byte, bool) {
	solution, err := Find(context.Background(), Problem{
		Open: func(_ context.Context, offset int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(content[offset:])), nil
		},
		Size:   int64(len(content)),
		Want:   -1,
		Digest: d,
	})
	if err != nil {
		return nil, false
	}
	mended, err := io.ReadAll(solution.Reader(bytes.NewReader(content)))
	return mended, err == nil
}

// Reader reads the result, given the stored bytes from their start.
func (s Solution) Reader(stored io.Reader) io.Reader {
	var parts []io.Reader
	at := int64(0)
	for _, c := range s.Cuts {
		parts = append(parts, io.LimitReader(stored, c.Offset-at), &skipper{stored, c.Length})
		at = c.Offset + c.Length
	}
	return io.MultiReader(append(parts, stored)...)
}

// skipper is a reader of nothing that takes n bytes out of r.
type skipper struct {
	r io.Reader
	n int64
}

func (s *skipper) Read([]byte) (int, error) {
	n, err := io.CopyN(io.Discard, s.r, s.n)
	s.n -= n
	if s.n > 0 && errors.Is(err, io.EOF) {
		return 0, io.ErrUnexpectedEOF
	}
	if err != nil {
		return 0, err
	}
	return 0, io.EOF
}
