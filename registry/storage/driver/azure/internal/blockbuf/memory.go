package blockbuf

import "sync"

// smallest is the capacity in bytes that a first block starts with.
const smallest = 4 << 10

// assured is what each Buffer gets whatever the others hold, in bytes, so that none has to wait for another: a block can
// always be gathered and stored. That is little more than what a request holds anyway.
const assured = 256 << 10

// Memory is what many Buffers have for their blocks together. When it runs short they get smaller blocks and less of
// an overlap, but none waits for another's.
//
// Safe for concurrent use.
type Memory struct {
	limit int64
	pools pools

	mu      sync.Mutex
	held    int64 // by all Buffers
	holders int64 // Buffers that hold some
}

// reserve is the part of a Memory that is kept for what is assured: an eighth.
const reserve = 8

// NewMemory returns a Memory of limit bytes. More is held only if there are so many Buffers that what they are assured
// comes to more than the reserve.
func NewMemory(limit int64) *Memory { return &Memory{limit: limit} }

// Held returns how many bytes the Buffers hold now.
func (m *Memory) Held() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.held
}

// free is how much of the memory isn't reserved.
func (m *Memory) free() int64 { return m.limit - m.limit/reserve }

// account is what one Buffer holds of a Memory.
type account struct {
	of   *Memory
	held int64
}

// share is how much the account may hold if all that hold something are to have as much.
func (a *account) share() int64 {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	return a.of.free() / max(a.of.holders, 1)
}

// get returns an empty slice of exactly this capacity, or nil if there is no room for it.
func (a *account) get(capacity int) []byte {
	m := a.of
	m.mu.Lock()
	n := int64(capacity)
	if n > m.free()-m.held && a.held+n > assured {
		m.mu.Unlock()
		return nil
	}
	if a.held == 0 {
		m.holders++
	}
	a.held += n
	m.held += n
	m.mu.Unlock()
	return m.pools.get(capacity)
}

// put takes back what get returned. The caller must not use it any more.
func (a *account) put(block []byte) {
	m := a.of
	m.pools.put(block)
	m.mu.Lock()
	defer m.mu.Unlock()
	n := int64(cap(block))
	a.held -= n
	m.held -= n
	if a.held == 0 {
		m.holders--
	}
}

// pools keeps one sync.Pool for each capacity. There are few: buffers double from a few
// kilobytes up to the one size of a full block.
type pools struct {
	byCapacity sync.Map // int -> *sync.Pool of *[]byte
}

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
