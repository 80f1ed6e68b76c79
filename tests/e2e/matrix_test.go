package e2e

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// cellTime is what the pushes and pulls under one fault may take.
const cellTime = time.Minute

// TestAnyOneFault pushes with each kind of fault on each operation, and pulls again: of an operation's
// kinds, every other meets a push in one request, the rest one in PATCH chunks. Those of appends meet both.
func TestAnyOneFault(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{})
	var cells, survived, left atomic.Int32
	t.Cleanup(func() {
		t.Logf("%d cells, %d survived; %d more say nothing", cells.Load(), survived.Load(), left.Load())
	})
	for _, op := range operations {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, server)
			for i, kind := range kinds {
				if excluded(op, kind) != "" {
					left.Add(1)
					continue
				}
				cells.Add(1)
				modes := []mode{oneRequest, chunks}
				switch {
				case op == faultproxy.Batch:
					modes = modes[1:] // an upload in one request leaves too little for one
				case op != faultproxy.Append:
					modes = modes[i%2 : i%2+1]
				}
				if t.Run(kind.String(), func(t *testing.T) { l.cell(t, faultproxy.Fault{Op: op, Kind: kind}, modes...) }) {
					survived.Add(1)
				}
			}
		})
	}
}

// TestLaterFaults lets one or two requests pass before the fault.
func TestLaterFaults(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, azurite.ForTest(t, azurite.Options{}))
	// Of the others, an upload has one each.
	for op, most := range map[faultproxy.Op]int{
		faultproxy.Append: 2, faultproxy.Put: 2, faultproxy.Head: 2, faultproxy.Get: 2, faultproxy.List: 1,
	} {
		for _, kind := range []faultproxy.Kind{faultproxy.OperationTimedOutAfter, faultproxy.ResetBefore, faultproxy.ResetAfter} {
			for skip := 1; skip <= most; skip++ {
				t.Run(fmt.Sprintf("%v of %s after %d", kind, op, skip), func(t *testing.T) {
					l.cell(t, faultproxy.Fault{Op: op, Kind: kind, Skip: skip}, chunks)
				})
			}
		}
	}
}

// TestAnswersLostFourTimes has answers lost four times running, which is more than the SDK
// sends again.
func TestAnswersLostFourTimes(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, azurite.ForTest(t, azurite.Options{}))
	for _, op := range operations {
		if op == faultproxy.Batch {
			continue // tried once; what it may not have deleted is deleted one by one
		}
		for _, kind := range []faultproxy.Kind{faultproxy.OperationTimedOutAfter, faultproxy.ResetAfter} {
			t.Run(fmt.Sprintf("%v of %s", kind, op), func(t *testing.T) {
				l.cell(t, faultproxy.Fault{Op: op, Kind: kind, Times: 4}, chunks)
			})
		}
	}
}

// TestStallsWithTheDefaultTimeouts has no try_timeout of its own.
func TestStallsWithTheDefaultTimeouts(t *testing.T) {
	t.Parallel()
	for _, op := range []faultproxy.Op{faultproxy.Append, faultproxy.Put, faultproxy.Get} {
		for _, kind := range []faultproxy.Kind{faultproxy.StallBefore, faultproxy.StallAfter} {
			t.Run(fmt.Sprintf("%v of %s", kind, op), func(t *testing.T) {
				t.Parallel()
				s := registrytest.NewStorage(t)
				l := &laboratory{s, registrytest.Start(t, registrytest.Options{Azure: s.Azure(nil)})}
				l.cell(t, faultproxy.Fault{Op: op, Kind: kind}, oneRequest)
			})
		}
	}
}

// laboratory is a registry whose storage has faults, one after the other.
type laboratory struct {
	*registrytest.Storage
	registry *registrytest.Registry
}

// mode is a way to push and to pull again.
type mode struct {
	name string
	size int // bytes
	run  func(ctx context.Context, r *registrytest.Registry, content []byte) error
}

var (
	// Two blocks of the smallest size.
	oneRequest = mode{"one request", 5 * mebibyte, wholeLayer}
	chunks     = mode{"chunks", 400 * kibibyte, chunkedLayer}
)

func newLaboratory(t *testing.T, server *azurite.Server) *laboratory {
	t.Helper()
	s := registrytest.StorageOn(t, server)
	config := quick(s).With(registrytest.Section{"chunksize": 4 * mebibyte})
	l := &laboratory{s, registrytest.Start(t, registrytest.Options{Azure: config})}
	l.cell(t, faultproxy.Fault{}, chunks) // clean, so that the registry knows how fast its storage is
	return l
}

// cell pushes and pulls under one fault; none if it has no kind. It asks for little more than
// that: Azurite spends most of the time.
func (l *laboratory) cell(t *testing.T, fault faultproxy.Fault, modes ...mode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cellTime)
	defer cancel()
	for _, mode := range modes {
		content := registrytest.Random(t.Name()+mode.name, mode.size)
		require.NoError(t, l.under(fault, func() error { return mode.run(ctx, l.registry, content) }), mode.name)
		require.NoError(t, l.Settle(ctx))

		digest := digestOf(content).Encoded()
		blob := "docker/registry/v2/blobs/sha256/" + digest[:2] + "/" + digest + "/data"
		require.Equal(t, digest, l.Sum(t, blob), "wrong bytes are stored under a digest")
		_, err := l.Direct.NewBlobClient(blob).Delete(ctx, nil)
		require.NoError(t, err)
	}
}

// under runs a call with a fault armed, which has to strike as often as it should.
func (l *laboratory) under(fault faultproxy.Fault, run func() error) error {
	if fault.Kind.String() == "" {
		return run()
	}
	l.ResetCounts()
	armed := l.Arm(fault)
	defer l.Disarm()
	if err := run(); err != nil {
		return err
	}
	if want, got := max(fault.Times, 1), armed.Struck(); got != want {
		return fmt.Errorf("%v struck %d times instead of %d, in %v", armed, got, want, l.Requests())
	}
	return nil
}

// wholeLayer pushes in one request.
func wholeLayer(ctx context.Context, r *registrytest.Registry, content []byte) error {
	repository, err := name.NewRepository(r.Address+"/cell/whole", name.Insecure)
	if err != nil {
		return err
	}
	layer := static.NewLayer(content, types.OCILayer)
	if err := remote.WriteLayer(repository, layer, registrytest.Once(ctx)...); err != nil {
		return fmt.Errorf("pushing: %w", err)
	}
	pulled, err := remote.Layer(repository.Digest(digestOf(content).String()), registrytest.Once(ctx)...)
	if err != nil {
		return fmt.Errorf("pulling: %w", err)
	}
	if err := sameContent(pulled, layer); err != nil {
		return fmt.Errorf("pulling: %w", err)
	}
	return nil
}

// chunkedLayer pushes in four PATCH requests.
func chunkedLayer(ctx context.Context, r *registrytest.Registry, content []byte) error {
	wanted, err := pushChunks(ctx, "cell/chunks", content, (len(content)+3)/4, r)
	if err != nil {
		return fmt.Errorf("pushing: %w", err)
	}
	got, err := pullBlob(ctx, r, "cell/chunks", wanted)
	if err != nil {
		return fmt.Errorf("pulling: %w", err)
	}
	if digestOf(got) != wanted {
		return fmt.Errorf("%d bytes pulled are not the %d pushed", len(got), len(content))
	}
	return nil
}
