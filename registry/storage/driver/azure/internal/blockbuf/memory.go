package blockbuf

import "sync"

// memory is where a Buffer gets its blocks from.
type memory interface {
	// get returns an empty slice of exactly this capacity.
	get(capacity int) []byte
	// put takes back what get returned. The caller must not use it any more.
	put(block []byte)
}

// pools keeps one sync.Pool for each capacity. There are few: buffers double from a few
// kilobytes up to the one size of a full block.
type pools struct {
	byCapacity sync.Map // int -> *sync.Pool of *[]byte
}

// shared is the memory of all Buffers.
var shared pools

func (p *pools) get(capacity int) []byte {
	if block, ok := p.pool(capacity).Get().(*[]byte); ok {
		return (*block)[:0]
	}
	return make([]byte, 0, capacity)
}

func (p *pools) put(block []byte) {
	p.pool(cap(block)).Put(&block)
}

func (p *pools) pool(capacity int) *sync.Pool {
	if pool, ok := p.byCapacity.Load(capacity); ok {
		return pool.(*sync.Pool)
	}
	pool, _ := p.byCapacity.LoadOrStore(capacity, new(sync.Pool))
	return pool.(*sync.Pool)
}
