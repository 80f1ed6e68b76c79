package driver

import (
	"context"
	"flag"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/testsuites"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// TestSuite runs upstream's driver testsuite in three of its four settings. The fourth
// (clean, no root directory, with the largest streams) is the suite in the driver's folder.
func TestSuite(t *testing.T) {
	short(t)
	for name, setting := range map[string]struct {
		root string
		seed uint64 // of the faults; 0 for none
	}{
		"clean with a root directory":     {root: "/some/root"},
		"faults without a root directory": {seed: 1},
		"faults with a root directory":    {root: "root", seed: 2},
	} {
		// Not in parallel: upstream's suite writes to the random bytes that all
		// its runs in one process share (TestReaderWithOffset appends to them).
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			parameters := s.parameters()
			parameters.RootDirectory = setting.root
			parameters.TryTimeout = "2s"
			d := &underFaults{StorageDriver: newDriver(t, parameters), proxy: s.Proxy, server: azurite.Shared(t).URL}
			if setting.seed != 0 {
				s.Random(0.1, setting.seed, survivable()...)
			}
			testsuites.Driver(t, func() (storagedriver.StorageDriver, error) { return d, nil }, false)

			struck := d.tally()
			if setting.seed == 0 {
				require.Empty(t, struck)
				return
			}
			require.NotEmpty(t, struck, "no request was struck")
			t.Logf("seed %d: %d requests, struck were:", setting.seed, d.requests)
			for _, kind := range slices.Sorted(maps.Keys(struck)) {
				t.Logf("%5d %s", struck[kind], kind)
			}
		})
	}
}

// short makes the suite leave out its streams of gigabytes.
func short(t *testing.T) {
	before := flag.Lookup("test.short").Value.String()
	require.NoError(t, flag.Set("test.short", "true"))
	t.Cleanup(func() { require.NoError(t, flag.Set("test.short", before)) })
}

// survivable are the faults that a driver has to live through at any call.
func survivable() []faultproxy.Kind {
	return append(faultproxy.Transient(), faultproxy.StallBefore, faultproxy.StallAfter)
}

// underFaults counts what strikes a driver. It also lets late requests land before a blob
// is deleted or moved away: a request to make a blob that lands after the blob's deletion
// makes it again, whoever sent it, and the suite counts that as something left behind.
type underFaults struct {
	storagedriver.StorageDriver
	proxy  *faultproxy.Proxy
	server string // URL of the account behind the proxy

	mu       sync.Mutex
	struck   map[string]int
	requests int
}

func (u *underFaults) Delete(ctx context.Context, path string) error {
	if err := u.proxy.Settle(ctx); err != nil {
		return err
	}
	return u.StorageDriver.Delete(ctx, path)
}

func (u *underFaults) Move(ctx context.Context, source, dest string) error {
	if err := u.proxy.Settle(ctx); err != nil {
		return err
	}
	return u.StorageDriver.Move(ctx, source, dest)
}

// RedirectURL leads past the proxy: the suite's own client has to live through nothing.
func (u *underFaults) RedirectURL(r *http.Request, path string) (string, error) {
	address, err := u.StorageDriver.RedirectURL(r, path)
	return strings.Replace(address, u.proxy.URL(), u.server, 1), err
}

// List counts as well: the suite calls it after each of its tests, in good time before
// the proxy's log is full.
func (u *underFaults) List(ctx context.Context, path string) ([]string, error) {
	children, err := u.StorageDriver.List(ctx, path)
	if path == "/" {
		u.tally()
	}
	return children, err
}

// tally adds the proxy's log to what was counted before, and returns it by kind.
func (u *underFaults) tally() map[string]int {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.struck == nil {
		u.struck = map[string]int{}
	}
	entries := u.proxy.Log()
	u.proxy.ResetCounts()
	u.requests += len(entries)
	for _, entry := range entries {
		if entry.Fault != "" {
			u.struck[entry.Fault]++
		}
	}
	return u.struck
}
