package azure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/history"
)

const (
	simLayers = 2 // few, so that actors get in each other's way
	simTags   = 2
	auditor   = "auditor"

	quarrelFolder = "/quarrel"
	quarrelPath   = quarrelFolder + "/data"
)

func layerFolder(i int) string { return fmt.Sprintf("/blobs/sha256/%d", i) }
func layerPath(i int) string   { return layerFolder(i) + "/data" }
func linkPath(i int) string    { return fmt.Sprintf("/repo/_layers/sha256/%d/link", i) }
func tagFolder(i int) string   { return fmt.Sprintf("/repo/_manifests/tags/%d", i) }
func tagPath(i int) string     { return tagFolder(i) + "/current/link" }

// layer is the content of a layer: whoever pushes it pushes the same bytes.
func (w *world) layer(i int) []byte {
	random := rand.New(rand.NewPCG(w.seed, 1000+uint64(i)))
	content := make([]byte, []int{0, 7, 30, 60}[random.IntN(4)])
	for j := range content {
		content[j] = byte('a' + random.IntN(26))
	}
	return content
}

// act lets the actors do their work, all at the same time.
func (w *world) act() {
	var group sync.WaitGroup
	for i := range 2 + w.random.IntN(3) {
		a := w.actor(fmt.Sprintf("client%d", i), uint64(i+1))
		group.Go(func() {
			for range 1 + a.random.IntN(3) {
				a.task()
			}
		})
	}
	group.Wait()
}

// task is one thing that a client or an administrator does.
func (a *actor) task() {
	layer, tag := a.random.IntN(simLayers), a.random.IntN(simTags)
	switch a.random.IntN(15) {
	case 0, 1, 2, 3:
		a.push(layer)
	case 4, 5, 6:
		a.put(tagPath(tag), fmt.Appendf(nil, "sha256:%s.%d", a.name, a.calls))
		a.read(tagPath(tag), 0)
	case 7:
		a.get(tagPath(tag))
		a.read(tagPath(tag), a.random.Int64N(8))
		a.read(layerPath(layer), a.random.Int64N(20))
	case 8:
		a.stat(layerPath(layer))
		a.list("/repo/_manifests/tags")
	case 9:
		a.delete(tagFolder(tag))
	case 10: // garbage collection, and somebody pushes again
		a.delete(layerFolder(layer))
		if a.random.IntN(2) == 0 {
			a.push(layer)
		}
	case 11:
		a.put(linkPath(layer), link(layer))
		a.delete(linkPath(layer))
		a.put(linkPath(layer), link(layer))
	case 12:
		a.pushAndGoOn(layer)
	case 13, 14:
		a.quarrel()
	}
}

// quarrel is about a path that several actors store different things at, which
// the registry never does: each by an upload and a move, or by a put.
func (a *actor) quarrel() {
	for range 1 + a.random.IntN(3) {
		mine := fmt.Appendf(nil, "%s.%d", a.name, a.calls)
		switch a.random.IntN(6) {
		case 0:
			a.delete(quarrelFolder)
		case 1:
			a.put(quarrelPath, mine)
		default:
			u := &upload{actor: a, path: fmt.Sprintf("/repo/_uploads/%s/data", mine), stream: mine}
			if u.transfer() {
				a.move(u.path, quarrelPath, mine)
			}
		}
	}
}

func link(layer int) []byte { return fmt.Appendf(nil, "sha256:%d", layer) }

// push uploads a layer and links it, the way upstream's handlers do.
func (a *actor) push(layer int) bool {
	folder := fmt.Sprintf("/repo/_uploads/%s.%d", a.name, a.calls)
	u := &upload{actor: a, path: folder + "/data", stream: a.layer(layer)}
	a.put(folder+"/startedat", []byte("2000-01-01T00:00:00Z"))
	if !u.transfer() {
		if a.random.IntN(2) == 0 {
			u.cancel()
		}
		a.delete(folder)
		return false
	}
	if a.stat(layerPath(layer)) != history.OK && !a.move(u.path, layerPath(layer), u.stream) {
		return false
	}
	linked := a.put(linkPath(layer), link(layer))
	a.delete(folder)
	return linked
}

// pushAndGoOn is a client that, when its layer couldn't be moved, uploads more
// to the same session and has it moved elsewhere. What the first move left under
// way must not carry the longer content to the layer's path.
func (a *actor) pushAndGoOn(layer int) {
	folder := fmt.Sprintf("/repo/_uploads/%s.%d", a.name, a.calls)
	content := a.layer(layer)
	u := &upload{actor: a, path: folder + "/data", stream: content}
	if !u.transfer() || a.move(u.path, layerPath(layer), content) {
		return
	}
	u.stream = slices.Concat(content, []byte("and more"))
	if u.finish() {
		a.move(u.path, "/blobs"+folder, u.stream)
	}
}

// transfer sends the stream in some requests, and repeats what fails.
func (u *upload) transfer() bool {
	if !attempts(2, u.start) {
		return false
	}
	for range u.random.IntN(3) {
		u.patch(u.random.IntN(len(u.stream) + 1))
	}
	return attempts(3, u.finish)
}

// attempts repeats a step up to n times.
func attempts(n int, step func() bool) bool {
	for range n {
		if step() {
			return true
		}
	}
	return false
}

// settle waits until nothing is under way any more, and looks at everything in
// calm weather. Then all must be well: what is there can be read, and whatever
// the storm left behind is in nobody's way.
func (w *world) settle() {
	time.Sleep(simQuiet)
	w.network.SetSchedule(blobsim.Calm)
	a := w.actor(auditor, 999)
	a.patient = true
	a.list("/")
	a.get(quarrelPath)
	for i := range simTags {
		a.get(tagPath(i))
	}
	for i := range simLayers {
		a.read(layerPath(i), 0)
	}
	tag, layer := a.random.IntN(simTags), a.random.IntN(simLayers)
	a.put(tagPath(tag), []byte("sha256:final"))
	a.get(tagPath(tag))
	a.push(layer)
	a.read(layerPath(layer), 0)
	for i := range simTags {
		a.delete(tagFolder(i))
	}
	for i := range simLayers {
		a.delete(layerFolder(i))
	}
	a.list("/repo/_manifests/tags")
	a.list("/blobs/sha256")
	w.network.Drain()
}
