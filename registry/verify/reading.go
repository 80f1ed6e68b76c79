package verify

import (
	"bytes"
	"context"
	"fmt"
	"hash"
	"io"

	"github.com/opencontainers/go-digest"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

const (
	// bufferSize is what is read and hashed at a time of a blob that has one stream,
	// in bytes: little enough to be in the processor's cache still when it is hashed.
	bufferSize = 128 << 10
	// largestRange is how much of a blob is asked for at a time when several streams
	// read it, in bytes. A stream of 60 MiB/s takes 0.13 s for it, beside which the
	// few milliseconds of one more request count for little. Towards the end of the
	// blob it gets less, down to smallestRange, so that all streams end together.
	largestRange, smallestRange = 8 << 20, 1 << 20
	// lookUp is after how many bytes of its one stream a blob looks for others.
	lookUp = 1 << 20
)

// RangeReader is what a storage driver offers beside its other methods if it can
// ask for a part of a file. Without it, parts are read from streams that are closed
// before their end, for which most drivers pay with the connection.
type RangeReader interface {
	// RangeReader is like the driver's Reader, for length bytes at most.
	RangeReader(ctx context.Context, path string, offset, length int64) (io.ReadCloser, error)
}

// reading is a blob that is being hashed. As SHA-256 goes from the first byte to the
// last, more than one core can't hash it, but more than one stream can read it.
type reading struct {
	*hasher
	path   string
	listed int64       // its size in bytes, as it was listed
	spare  func() bool // whether there are streams that no other blob has a use for
	sum    hash.Hash
	offset int64 // bytes hashed
	ended  bool
}

// hash reads the blob to its end, in several streams while there are some to spare;
// size is -1 if it is gone.
func (h *hasher) hash(ctx context.Context, b blob, spare func() bool) (d digest.Digest, size int64, err error) {
	r := &reading{hasher: h, path: layout.BlobPath(b.digest), listed: b.size, spare: spare, sum: b.digest.Algorithm().Hash()}
	for !r.ended && err == nil {
		if r.wide() {
			err = r.readAhead(ctx)
		} else {
			err = r.readOn(ctx)
		}
	}
	if err == nil {
		return digest.NewDigest(b.digest.Algorithm(), r.sum), r.offset, nil
	}
	// A blob that is deleted while it is read is gone, whatever its reader says.
	if now, look := h.size(ctx, r.path); look == nil && now < 0 {
		return "", -1, nil
	}
	return "", 0, fmt.Errorf("reading blob %s at offset %d: %w", b.digest, r.offset, err)
}

// wide tells whether there is enough left of the blob for more than one stream.
func (r *reading) wide() bool { return r.listed-r.offset >= 2*largestRange && r.spare() }

// readOn hashes from one stream, to the end or until others can help. There is no
// reading ahead, because the other blobs, and the kernel, go on meanwhile.
func (r *reading) readOn(ctx context.Context) error {
	s, err := r.open(ctx, r.offset, 0)
	if err != nil {
		return err
	}
	defer s.end()
	buffer := r.buffers.Get().(*[]byte)
	defer r.buffers.Put(buffer)
	for !r.ended {
		n, err := io.CopyBuffer(r.sum, io.LimitReader(s, lookUp), *buffer)
		r.offset += n
		if err != nil {
			return err
		}
		if r.ended = n < lookUp; r.wide() {
			return nil
		}
	}
	return nil
}

// part is a range of a blob once it has been read: all of it, unless the blob ends
// within it.
type part struct {
	content *bytes.Buffer // one of hasher.ranges
	last    bool          // the blob ends in it
	err     error
}

// readAhead hashes ranges in their order while those behind them are being read. The
// last one reaches beyond the end of the blob, unless that has grown.
func (r *reading) readAhead(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parts := make(chan (<-chan part), cap(r.ranges)) // as many as there can be
	go r.ask(ctx, r.offset, parts)
	var err error
	for fetched := range parts { // after an error too: all of them end
		p := <-fetched
		if err == nil {
			err = p.err
		}
		if err == nil {
			r.ended = p.last
			r.offset += int64(p.content.Len())
			_, err = p.content.WriteTo(r.sum)
		}
		if err != nil {
			cancel()
		}
		r.ranges <- p.content
	}
	return err
}

// ask begins to read range after range from start on, each as soon as there is a buffer for it.
// As a blob gets its buffers in the order of its ranges, the one to be hashed next
// never waits for those behind it.
func (r *reading) ask(ctx context.Context, start int64, parts chan<- (<-chan part)) {
	defer close(parts)
	streams := int64(cap(r.streams))
	for offset, length := start, int64(0); offset <= r.listed; offset += length {
		length = min(max((r.listed-offset)/(2*streams), smallestRange), largestRange)
		var content *bytes.Buffer
		select {
		case content = <-r.ranges:
		case <-ctx.Done():
			return
		}
		fetched := make(chan part, 1)
		parts <- fetched
		go func() { fetched <- r.fetch(ctx, offset, length, content) }()
	}
}

func (r *reading) fetch(ctx context.Context, offset, length int64, content *bytes.Buffer) part {
	if content == nil {
		content = bytes.NewBuffer(make([]byte, 0, largestRange+bytes.MinRead))
	}
	content.Reset()
	s, err := r.open(ctx, offset, length)
	if err != nil {
		return part{content: content, err: err}
	}
	defer s.end()
	n, err := content.ReadFrom(io.LimitReader(s, length))
	return part{content, n < length, err}
}

// stream is one of those that a run may read from at a time. The progress shows what
// it gives.
type stream struct{ pacedReader }

// open waits until there may be one more stream. A length of 0 is all there is.
func (r *reading) open(ctx context.Context, offset, length int64) (*stream, error) {
	select {
	case r.streams <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var from io.ReadCloser
	var err error
	if ranged, ok := r.driver.(RangeReader); ok && length > 0 {
		from, err = ranged.RangeReader(ctx, r.path, offset, length)
	} else {
		from, err = r.driver.Reader(ctx, r.path, offset)
	}
	if err != nil {
		<-r.streams
		return nil, err
	}
	return &stream{pacedReader{from, ctx, r.hasher}}, nil
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.pacedReader.Read(p)
	s.h.o.Meter.Add(0, int64(n))
	return n, err
}

// end lets another stream begin.
func (s *stream) end() {
	_ = s.Close() // nothing was written
	<-s.h.streams
}

// pacedReader is read no faster than the run may, and what it gives is counted.
type pacedReader struct {
	io.ReadCloser
	ctx context.Context
	h   *hasher
}

func (r pacedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if paced := r.h.pace(r.ctx, n); paced != nil {
		return n, paced
	}
	return n, err
}
