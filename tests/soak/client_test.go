package soak

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// client pushes images, one after the other under a tag of its own, and pulls some of anybody's
// in between.
type client struct {
	id     int
	ledger *ledger
	rng    *rand.Rand
}

func newClient(id int, l *ledger) *client {
	return &client{id: id, ledger: l, rng: rand.New(rand.NewPCG(*seed, uint64(id)))}
}

// pullShare is how many pulls there are for each push.
const pullShare = 0.5

// work goes on until the deadline; what was begun is ended.
func (c *client) work(ctx context.Context, deadline time.Time) {
	for n := 0; time.Now().Before(deadline) && ctx.Err() == nil; n++ {
		c.push(ctx, c.next(n))
		if c.rng.Float64() < pullShare {
			c.pull(ctx)
		}
	}
}

func (c *client) push(ctx context.Context, p pushed) {
	image, err := p.image()
	if err == nil {
		err = registrytest.Push(ctx, c.ledger.address+"/"+p.repository+":"+p.tag, image)
	}
	c.ledger.push(p, err)
}

func (c *client) pull(ctx context.Context) {
	if p, ok := c.ledger.any(c.rng); ok {
		c.ledger.pull(p, compare(ctx, c.ledger.address, p))
	}
}

const (
	repositories = 3
	sharedLayers = 5
	kibibyte     = 1 << 10
	mebibyte     = 1 << 20
)

// next decides on an image: a layer that others push too, a small one of its own, and now and
// then one that takes several blocks. Most are small: what is struck is requests, not bytes.
func (c *client) next(n int) pushed {
	p := pushed{
		repository: fmt.Sprintf("soak/app-%d", c.rng.IntN(repositories)),
		tag:        fmt.Sprintf("client-%d", c.id),
		title:      fmt.Sprintf("image %d of client %d, seed %d", n, c.id, *seed),
	}
	shared := c.rng.IntN(sharedLayers)
	p.layers = append(p.layers,
		layer{fmt.Sprintf("shared %d, seed %d", shared, *seed), (shared + 1) * 20 * kibibyte},
		layer{p.title + ", own", 1 + c.rng.IntN(32*kibibyte)},
	)
	if c.rng.IntN(12) == 0 {
		p.layers = append(p.layers, layer{p.title + ", large", 4*mebibyte + c.rng.IntN(6*mebibyte)})
	}
	return p
}
