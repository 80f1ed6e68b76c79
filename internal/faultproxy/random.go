package faultproxy

import (
	"fmt"
	"math/rand/v2"
	"net/http"
)

// lottery strikes a share of all requests. Guarded by Proxy.mu.
type lottery struct {
	rate  float64
	seed  uint64
	kinds []Kind
	rng   *rand.Rand
}

// Random strikes the given share (0 to 1) of the requests to which at least one of the kinds
// applies, each time with one of those that do. The same seed and the same
// sequence of requests give the same strikes. It panics without kinds, or on a
// rate that is no share.
func (p *Proxy) Random(rate float64, seed uint64, kinds ...Kind) *Armed {
	if rate < 0 || rate > 1 || len(kinds) == 0 {
		panic(fmt.Sprintf("faultproxy: random faults: rate %v with %d kinds", rate, len(kinds)))
	}
	return p.arm(&Armed{
		proxy: p,
		fault: Fault{Seed: seed},
		random: &lottery{
			rate:  rate,
			seed:  seed,
			kinds: kinds,
			rng:   rand.New(rand.NewPCG(seed, 0)),
		},
	})
}

func (l *lottery) draw(op Op, r *http.Request) (Kind, bool) {
	var fitting []Kind
	for _, kind := range l.kinds {
		if kind.fits(op, r) {
			fitting = append(fitting, kind)
		}
	}
	if len(fitting) == 0 || l.rng.Float64() >= l.rate {
		return Kind{}, false
	}
	return fitting[l.rng.IntN(len(fitting))], true
}

// String names the share and the seed, so that a failure can be repeated.
func (l *lottery) String() string {
	return fmt.Sprintf("random faults (rate %v, seed %d)", l.rate, l.seed)
}
