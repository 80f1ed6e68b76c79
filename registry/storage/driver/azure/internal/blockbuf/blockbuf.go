// Package blockbuf gathers a stream into blocks and hands them over one at a time, filling
// the next block while the last one is being stored.
//
// A block goes out as soon as nothing else is being stored and it has its least size. So fast
// storage gets small blocks early, and slow storage gets larger blocks by itself: whatever has
// been gathered while it was busy.
package blockbuf

import (
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
)

// Sink stores one block. It is called by one goroutine at a time, with the blocks in the
// order of the stream. It must not keep the block after it returns, nor change it.
type Sink func(block []byte) error

// ErrDiscarded is what Write and Flush return after Discard.
var ErrDiscarded = errors.New("blockbuf: the buffer has been discarded")

// errNoReturn is the outcome of a sink that neither returned nor panicked.
var errNoReturn = errors.New("blockbuf: storing a block ended by runtime.Goexit")

// smallest is the capacity in bytes that a first block starts with.
const smallest = 4 << 10

// Buffer gathers a stream into blocks for a Sink. It holds at most two blocks' memory. Only
// Accepted may be called concurrently with other methods.
//
// After an error of the sink nothing more is accepted, and Write and Flush return that error.
// A panic of the sink is such an error. A Buffer must be flushed or discarded before it is
// dropped, else a sink may still be running.
type Buffer struct {
	sink     Sink
	min, max int
	memory   memory

	gathered []byte // being filled; its capacity grows with need
	inFlight []byte // with the sink; nil while it has nothing to do
	done     chan error
	last     int // bytes of the block that went out last; 0 if none has yet
	err      error
	accepted atomic.Int64
}

// New returns a Buffer that gives sink blocks of min to max bytes; only the last before a
// Flush may be smaller. It panics unless 0 < min <= max.
func New(sink Sink, min, max int) *Buffer {
	if min <= 0 || min > max {
		panic(fmt.Sprintf("blockbuf: blocks of %d to %d bytes", min, max))
	}
	return &Buffer{sink: sink, min: min, max: max, memory: &shared, done: make(chan error, 1)}
}

// Accepted returns how many bytes Write has accepted so far.
func (b *Buffer) Accepted() int64 { return b.accepted.Load() }

// Write gathers p, and hands over what has been gathered if the sink is free. It waits only
// while a full block is gathered and another one is being stored. It returns how many bytes
// it accepted, fewer than len(p) only with the sink's error.
func (b *Buffer) Write(p []byte) (int, error) {
	n := 0
	for {
		b.poll()
		if b.err != nil {
			return n, b.err
		}
		if b.inFlight == nil && len(b.gathered) >= b.min {
			b.send()
		}
		if n == len(p) {
			return n, nil
		}
		if len(b.gathered) == b.max {
			b.wait()
			continue
		}
		n += b.gather(p[n:])
	}
}

// Flush hands over all that is gathered and waits until it is stored. It returns nil only if
// all that Write has ever accepted is stored. The Buffer can then be written to again.
func (b *Buffer) Flush() error {
	b.wait()
	if len(b.gathered) > 0 { // never after an error
		b.send()
		b.wait()
	}
	return b.err
}

// Discard forgets what is gathered and waits for the sink to end. Nothing more is accepted
// then. It can be called more than once.
func (b *Buffer) Discard() {
	b.wait()
	if b.err == nil {
		b.fail(ErrDiscarded)
	}
}

// gather takes as much of p as there is room for in the block, and says how much.
func (b *Buffer) gather(p []byte) int {
	p = p[:min(len(p), b.max-len(b.gathered))]
	if need := len(b.gathered) + len(p); need > cap(b.gathered) {
		b.grow(need)
	}
	b.gathered = append(b.gathered, p...)
	b.accepted.Add(int64(len(p)))
	return len(p)
}

// grow makes room for need bytes by doubling the capacity. Old, new and in-flight memory
// together must stay within two blocks, even if the new one is full-sized: so a capacity
// that doesn't leave room to grow once more is replaced by the full size at once.
func (b *Buffer) grow(need int) {
	capacity := max(cap(b.gathered), smallest)
	if b.last > 0 { // all blocks but the last have the least size, and most the size of the one before
		capacity, need = max(capacity, b.min), max(need, b.last)
	}
	for capacity < need {
		capacity *= 2
	}
	if capacity > b.max-cap(b.inFlight) {
		capacity = b.max
	}
	grown := append(b.memory.get(capacity), b.gathered...)
	b.release(&b.gathered)
	b.gathered = grown
}

// send gives the gathered block to the sink, which must be free.
func (b *Buffer) send() {
	b.inFlight, b.gathered = b.gathered, nil
	b.last = len(b.inFlight)
	go store(b.sink, b.inFlight, b.done)
}

// store runs the sink and reports how it ended, whatever way that is: a panic in a goroutine
// of its own would end the process, where it would only end the request in the caller's.
func store(sink Sink, block []byte, done chan<- error) {
	err := errNoReturn
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("blockbuf: storing a block of %d bytes panicked: %v\n%s", len(block), r, debug.Stack())
		}
		done <- err
	}()
	err = sink(block)
}

// poll notices the end of the store in flight if it has ended.
func (b *Buffer) poll() {
	select {
	case err := <-b.done:
		b.settle(err)
	default:
	}
}

// wait waits for the end of the store in flight, if there is one.
func (b *Buffer) wait() {
	if b.inFlight != nil {
		b.settle(<-b.done)
	}
}

func (b *Buffer) settle(err error) {
	b.release(&b.inFlight)
	if err != nil {
		b.fail(err)
	}
}

// fail ends the Buffer's useful life.
func (b *Buffer) fail(err error) {
	b.err = err
	b.release(&b.gathered)
}

func (b *Buffer) release(block *[]byte) {
	if *block != nil {
		b.memory.put(*block)
		*block = nil
	}
}
