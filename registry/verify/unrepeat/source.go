package unrepeat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

const (
	// cacheLimit is the size in bytes up to which a blob is held in memory.
	cacheLimit = 4 << 20
	// chunkSize is how much of a larger blob is held at a time, in bytes.
	chunkSize = 1 << 20
)

// source gives access to the stored bytes.
type source struct {
	p      Problem
	cached []byte // all of it, or nil
}

func newSource(ctx context.Context, p Problem) (*source, error) {
	s := &source{p: p}
	if p.Size > cacheLimit {
		return s, nil
	}
	content := make([]byte, p.Size)
	if err := s.readAt(ctx, content, 0); err != nil {
		return nil, err
	}
	s.cached = content
	return s, nil
}

func (s *source) open(ctx context.Context, offset int64) (io.ReadCloser, error) {
	if s.cached != nil {
		return io.NopCloser(bytes.NewReader(s.cached[offset:])), nil
	}
	r, err := s.p.Open(ctx, offset)
	if err != nil {
		return nil, fmt.Errorf("reading %s from offset %d: %w", s.p.Digest, offset, err)
	}
	return r, nil
}

// readAt fills b from the offset.
func (s *source) readAt(ctx context.Context, b []byte, offset int64) error {
	if s.cached != nil {
		copy(b, s.cached[offset:])
		return nil
	}
	r, err := s.open(ctx, offset)
	if err != nil {
		return err
	}
	_, err = io.ReadFull(r, b)
	return s.done(r, offset, err)
}

// done closes r and gives an error of reading its place.
func (s *source) done(r io.Closer, offset int64, err error) error {
	if err := errors.Join(err, r.Close()); err != nil {
		return fmt.Errorf("reading %s from offset %d: %w", s.p.Digest, offset, err)
	}
	return nil
}

// stream calls f with the bytes of [from, to), in order and in pieces of at most
// chunkSize, until f says to stop.
func (s *source) stream(ctx context.Context, from, to int64, f func(offset int64, b []byte) (more bool)) error {
	if from >= to {
		return nil
	}
	if s.cached != nil {
		f(from, s.cached[from:to])
		return ctx.Err()
	}
	r, err := s.open(ctx, from)
	if err != nil {
		return err
	}
	buf := make([]byte, min(chunkSize, to-from))
	for from < to && err == nil {
		b := buf[:min(int64(len(buf)), to-from)]
		if _, err = io.ReadFull(r, b); err != nil {
			break
		}
		if !f(from, b) {
			break
		}
		from += int64(len(b))
		err = ctx.Err()
	}
	return s.done(r, from, err)
}
