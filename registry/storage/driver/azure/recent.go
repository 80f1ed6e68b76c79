package azure

import (
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// recentLimit bounds what a recent remembers: about a megabyte.
const recentLimit = 2048

// recent remembers the ETags of the blobs that were stored last. It spares the
// request that would find out that a blob exists: upstream stores each state of
// an upload's hash twice, and a tag again with each push. What it says is only
// ever used as a condition, so that being wrong costs a request and nothing else.
//
// The zero value is ready for use, also concurrently.
type recent struct {
	mu         sync.Mutex
	young, old map[string]azcore.ETag // old is what young was when it was full
}

func (r *recent) get(name string) (azcore.ETag, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if etag, ok := r.young[name]; ok {
		return etag, true
	}
	etag, ok := r.old[name]
	return etag, ok
}

func (r *recent) remember(name string, etag azcore.ETag) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.young) >= recentLimit/2 {
		r.young, r.old = nil, r.young
	}
	if r.young == nil {
		r.young = map[string]azcore.ETag{}
	}
	r.young[name] = etag
}

func (r *recent) forget(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.young, name)
	delete(r.old, name)
}
