// Package blockbuf gathers a stream into blocks and hands them over one at a time, filling
// the next block while the last one is being stored.
//
// A block goes out as soon as nothing else is being stored and it has its least size. So fast
// storage gets small blocks early, and slow storage gets larger blocks by itself: whatever has
// been gathered while it was busy. A slow link ([Limits.Fit]) and a [Memory] that runs short
// make blocks smaller than that.
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

// Limits are the sizes of blocks, in bytes.
type Limits struct {
	// Least is the size from which on a block goes out as soon as the sink is free. Only a
	// flush, a slow link or short memory makes smaller ones.
	Least int
	// Most is the size of the largest block.
	Most int
	// Fit returns how many of n bytes make a block that the link to the storage carries in
	// time. It may change at any time; nil means all of them.
	Fit func(n int) int
}

// memory is where a Buffer gets its blocks from.
type memory interface {
	// get returns an empty slice of exactly this capacity, or nil if there is no room for it.
	get(capacity int) []byte
	// put takes back what get returned. The caller must not use it any more.
	put(block []byte)
	// share is how many bytes the Buffer may hold.
	share() int64
}

// Buffer gathers a stream into blocks for a Sink. It holds at most two blocks' memory. Only
// Accepted may be called concurrently with other methods.
//
// After an error of the sink nothing more is accepted, and Write and Flush return that error.
// A panic of the sink is such an error. A Buffer must be flushed or discarded before it is
// dropped, else a sink may still be running.
type Buffer struct {
	sink   Sink
	limits Limits
	memory memory

	gathered []byte // being filled; its capacity grows with need
	inFlight []byte // with the sink; nil while it has nothing to do
	done     chan error
	last     int // bytes of the block that went out last; 0 if none has yet
	err      error
	accepted atomic.Int64
}

// New returns a Buffer that gives sink blocks of these sizes, and gathers them in m, which it
// may share with others. It panics unless 0 < Least <= Most.
func New(sink Sink, limits Limits, m *Memory) *Buffer {
	if limits.Least <= 0 || limits.Least > limits.Most {
		panic(fmt.Sprintf("blockbuf: blocks of %d to %d bytes", limits.Least, limits.Most))
	}
	if limits.Fit == nil {
		limits.Fit = func(n int) int { return n }
	}
	return &Buffer{sink: sink, limits: limits, memory: &account{of: m}, done: make(chan error, 1)}
}

// Accepted returns how many bytes Write has accepted so far.
func (b *Buffer) Accepted() int64 { return b.accepted.Load() }

// Write gathers p, and hands over what has been gathered if the sink is free. It waits only
// while as much is gathered as there may be and another block is being stored. It returns how
// many bytes it accepted, fewer than len(p) only with the sink's error.
func (b *Buffer) Write(p []byte) (int, error) {
	n := 0
	for {
		b.poll()
		if b.err != nil {
			return n, b.err
		}
		full := b.full()
		if b.inFlight == nil && len(b.gathered) >= min(b.limits.Least, full) {
			b.send()
		}
		if n == len(p) {
			return n, nil
		}
		took := b.gather(p[n:], full)
		n += took
		switch {
		case took > 0:
		case b.inFlight != nil:
			b.wait()
		default: // the memory is short: what there is goes out, and makes room
			b.send()
		}
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

// capacity is the largest that a block may have now, so that two of them are the Buffer's share
// of the memory. It is Most or one of few others, since memory is used again by its capacity.
func (b *Buffer) capacity() int {
	share := max(b.memory.share(), assured) / 2
	switch {
	case share >= int64(b.limits.Most):
		return b.limits.Most
	case share >= 1<<20:
		return int(share &^ (1<<20 - 1))
	default:
		return assured / 2
	}
}

// full is the size at which a block is full.
func (b *Buffer) full() int {
	capacity := b.capacity()
	return max(1, min(b.limits.Fit(capacity), capacity))
}

// gather takes as much of p as there is room for in the block until it is full, and says how
// much.
func (b *Buffer) gather(p []byte, full int) int {
	p = p[:min(len(p), max(0, full-len(b.gathered)))]
	if need := len(b.gathered) + len(p); need > cap(b.gathered) {
		b.grow(need, full)
	}
	p = p[:min(len(p), cap(b.gathered)-len(b.gathered))]
	b.gathered = append(b.gathered, p...)
	b.accepted.Add(int64(len(p)))
	return len(p)
}

// grow makes room for need bytes, or as many as the memory has room for, by doubling the
// capacity. Old, new and in-flight memory together must stay within two blocks, even if the
// new one is full-sized: so a capacity that doesn't leave room to grow once more is replaced
// by the full size at once.
func (b *Buffer) grow(need, full int) {
	most := b.capacity()
	capacity := max(cap(b.gathered), smallest)
	if b.last > 0 { // all blocks but the last have the least size, and most the size of the one before
		capacity, need = max(capacity, min(b.limits.Least, full)), max(need, min(b.last, full))
	}
	for capacity < need {
		capacity *= 2
	}
	if capacity > most-cap(b.inFlight) {
		capacity = most
	}
	grown := b.memory.get(capacity)
	for grown == nil && capacity/2 > max(cap(b.gathered), smallest-1) {
		capacity /= 2
		grown = b.memory.get(capacity)
	}
	if grown == nil {
		return
	}
	grown = append(grown, b.gathered...)
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
