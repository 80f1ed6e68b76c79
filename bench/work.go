package main

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/bench/replica"
)

// MB is what networks count in.
const MB = 1_000_000

// link is the way to the storage service.
type link struct {
	latency   time.Duration // of each request
	bandwidth int           // bytes a second, each way, and of the client; 0: without limit
}

var (
	realistic = link{20 * time.Millisecond, 100 * MB}
	unbound   = link{}
	near      = link{latency: 5 * time.Millisecond}
)

// ideal is how long so many bytes take on the link, after one round trip.
// It is 0 if the link sets no limit.
func (l link) ideal(bytes int64) time.Duration {
	d := l.latency
	if l.bandwidth > 0 {
		d += time.Duration(float64(bytes) / float64(l.bandwidth) * float64(time.Second))
	}
	return d
}

// work is one line of the table.
type work struct {
	name    string
	link    link
	emulate bool  // on Azurite and not on the sink
	bytes   int64 // that have to pass the link
	prepare func(*trial) error
	run     func(*trial) error // with a serving replica
	job     replica.Job        // instead of run: Task and Path

	oursOnly bool // upstream's takes more than an hour
}

// works is all that is measured; full adds what takes minutes.
func works(full bool) []work {
	all := []work{
		push("push of 1 KiB", 1<<10, 1<<10, realistic),
		push("push of 64 MiB", 64<<20, 64<<20, realistic),
		onAzurite(push("push of 64 MiB, on Azurite", 64<<20, 64<<20, realistic)),
		push("push of 16 MiB in 16 PATCH requests", 16<<20, 1<<20, realistic),
		push("push of 1 GiB, no latency, no bound", 1<<30, 1<<30, unbound),
		pull("pull of 64 MiB", 64<<20, realistic),
		manifestByTag(),
		{
			name: "90 small images into 30 repositories", emulate: true, link: unbound,
			run: func(t *trial) error { return t.client.pushImages(imageRepositories, imageTags) },
		},
		catalog(),
		collection(1000, false),
		{
			name: "walk of 7,600 blobs", link: unbound,
			prepare: func(t *trial) error { return t.seed(1000) }, job: replica.Job{Task: replica.Walk, Path: "/docker"},
		},
		{
			name: "delete of a folder of 760 blobs", link: realistic,
			prepare: func(t *trial) error { return t.seed(100) }, job: replica.Job{Task: replica.Delete, Path: "/docker"},
		},
		uploads(50, 16<<20),
	}
	all = append(all, growth()...)
	if full {
		all = append(all,
			push("push of 1 GiB", 1<<30, 1<<30, realistic),
			collection(20_000, true),
			uploads(50, 256<<20),
		)
	}
	return all
}

func push(name string, size, chunk int64, l link) work {
	layer := newLayer(1, size)
	return work{
		name: name, link: l, bytes: size,
		run: func(t *trial) error { return t.client.push("app", layer, chunk) },
	}
}

func onAzurite(w work) work {
	w.emulate = true
	return w
}

func pull(name string, size int64, l link) work {
	layer := newLayer(1, size)
	return work{
		name: name, link: l, bytes: size,
		prepare: func(t *trial) error { return t.client.push("app", layer, size) },
		run: func(t *trial) error {
			n, err := t.client.get("/v2/app/blobs/" + layer.digest)
			if err == nil && n != size {
				err = fmt.Errorf("%d bytes of %d", n, size)
			}
			return err
		},
	}
}

func manifestByTag() work {
	return work{
		name: "manifest by tag", link: realistic, emulate: true,
		prepare: func(t *trial) error { return t.client.pushImages(1, 1) },
		run: func(t *trial) error {
			_, err := t.client.get("/v2/repository-00/manifests/v0")
			return err
		},
	}
}

func catalog() work {
	return work{
		name: "catalog, 30 repositories with 3 tags", link: realistic, emulate: true,
		prepare: func(t *trial) error { return t.client.pushImages(imageRepositories, imageTags) },
		run: func(t *trial) error {
			_, err := t.client.get("/v2/_catalog")
			return err
		},
	}
}

// collection collects the garbage of so many images. Both have to leave the same.
func collection(images int, oursOnly bool) work {
	return work{
		name: fmt.Sprintf("garbage collection, %d images, half of them garbage", images), link: near,
		prepare: func(t *trial) error { return t.seedGarbage(images) }, job: replica.Job{Task: replica.Collect},
		oursOnly: oursOnly,
	}
}

// uploads pushes many layers at once. The sink forgets content, so they may all
// be of the same bytes, in repositories of their own.
func uploads(n int, size int64) work {
	layer := newLayer(1, size)
	return work{
		name: fmt.Sprintf("%d uploads of %d MiB at once", n, size>>20), link: realistic, bytes: int64(n) * size,
		run: func(t *trial) error {
			var group errgroup.Group
			for i := range n {
				group.Go(func() error { return t.client.push(fmt.Sprintf("app-%d", i), layer, size) })
			}
			return group.Wait()
		},
	}
}
