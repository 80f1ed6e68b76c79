package verify

import (
	"context"
	"hash"
	"io"
	"sync"
)

const (
	// bufferSize is what is read and hashed at a time, in bytes.
	bufferSize = 512 << 10
	// buffersEach is how many buffers one blob has: one being read into, one
	// being hashed, and one in between.
	buffersEach = 3
)

// bufferPool shares buffers between the blobs being hashed.
type bufferPool struct{ pool sync.Pool }

func newBufferPool() *bufferPool {
	return &bufferPool{sync.Pool{New: func() any { b := make([]byte, bufferSize); return &b }}}
}

// copy hashes r to its end, reading ahead while it hashes so that neither waits
// for the other. Before each buffer is hashed it calls pace with its length. It
// returns how many bytes it hashed.
func (p *bufferPool) copy(ctx context.Context, sum hash.Hash, r io.Reader, pace func(int) error) (int64, error) {
	ctx, cancel := context.WithCancel(ctx)
	full := make(chan *[]byte, buffersEach-2)
	var failed error
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(full)
		failed = p.fill(ctx, r, full)
	})
	defer reader.Wait()
	defer cancel()

	var size int64
	for b := range full {
		err := pace(len(*b))
		if err == nil {
			_, err = sum.Write(*b)
		}
		size += int64(len(*b))
		*b = (*b)[:cap(*b)]
		p.pool.Put(b)
		if err != nil {
			return size, err
		}
	}
	return size, failed // set before full was closed
}

// fill reads r to its end into buffers.
func (p *bufferPool) fill(ctx context.Context, r io.Reader, full chan<- *[]byte) error {
	for {
		b := p.pool.Get().(*[]byte)
		n, err := fillBuffer(r, *b)
		*b = (*b)[:n]
		if n > 0 {
			select {
			case full <- b:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err == io.EOF { //nolint:errorlint // an error that wraps it is a broken connection, not the end
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// fillBuffer reads until b is full or there is an error. Unlike io.ReadFull it
// hands on the reader's own error, so that a broken connection, which may well
// be an io.ErrUnexpectedEOF, is never taken for the end of the blob.
func fillBuffer(r io.Reader, b []byte) (n int, err error) {
	for n < len(b) && err == nil {
		var more int
		more, err = r.Read(b[n:])
		n += more
	}
	return n, err
}
