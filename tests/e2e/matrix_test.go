package e2e

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

const (
	// cellTime is what one push and pull under a fault may take.
	cellTime = time.Minute
	// cellSize is the size of what is pushed, which makes three blocks of the
	// smallest size.
	cellSize = 10 * mebibyte
)

// TestAnyOneFault pushes 10 MiB with each kind of fault on each operation, once in one request and
// once in PATCH chunks, and pulls them again.
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
			for _, kind := range kinds {
				if excluded(op, kind) != "" {
					left.Add(1)
					continue
				}
				cells.Add(1)
				if t.Run(kind.String(), func(t *testing.T) { l.cell(t, faultproxy.Fault{Op: op, Kind: kind}, oneRequest, chunks) }) {
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
	for _, op := range []faultproxy.Op{faultproxy.Append, faultproxy.Put, faultproxy.Head, faultproxy.Get, faultproxy.List} {
		for _, kind := range []faultproxy.Kind{faultproxy.OperationTimedOutAfter, faultproxy.ResetBefore, faultproxy.ResetAfter} {
			for skip := 1; skip <= 2; skip++ {
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
		if op == batch {
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
				s := newStorage(t)
				l := &laboratory{storage: s, registry: startRegistry(t, options{azure: s.azure()})}
				l.cell(t, faultproxy.Fault{Op: op, Kind: kind}, oneRequest)
			})
		}
	}
}

// laboratory is a registry whose storage has faults, one after the other.
type laboratory struct {
	*storage
	registry *registry
}

// mode is a way to push 10 MiB and pull them again.
type mode struct {
	name string
	run  func(l *laboratory, ctx context.Context, t *testing.T, seed string) error
}

var (
	oneRequest = mode{"one request", (*laboratory).image}
	chunks     = mode{"chunks", (*laboratory).chunks}
)

func newLaboratory(t *testing.T, server *azurite.Server) *laboratory {
	t.Helper()
	s := storageOn(t, server)
	config := s.quick().with(section{"chunksize": 4 * mebibyte})
	l := &laboratory{storage: s, registry: startRegistry(t, options{azure: config})}
	l.cell(t, faultproxy.Fault{}, chunks) // clean, so that the registry knows how fast its storage is
	return l
}

// cell pushes and pulls under one fault; none if it has no kind.
func (l *laboratory) cell(t *testing.T, fault faultproxy.Fault, modes ...mode) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), cellTime)
	defer cancel()
	defer l.clear(t)
	for _, mode := range modes {
		run := func() error { return mode.run(l, ctx, t, t.Name()+mode.name) }
		require.NoError(t, l.under(fault, run), mode.name)
		require.NoError(t, l.Settle(ctx))
	}
	require.NotEmpty(t, l.digests(t, nil))
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

// image pushes the layer first, to have it meet the fault.
func (l *laboratory) image(ctx context.Context, t *testing.T, seed string) error {
	layer := newLayer(seed, cellSize)
	reference := l.registry.reference(t, "cell/image")
	if err := remote.WriteLayer(reference.Context(), v1.Layer(layer), once(ctx)...); err != nil {
		return fmt.Errorf("pushing the layer: %w", err)
	}
	image := newImage(t, seed, layer)
	if err := push(ctx, reference, image); err != nil {
		return fmt.Errorf("pushing the image: %w", err)
	}
	if err := pull(ctx, reference, image); err != nil {
		return fmt.Errorf("pulling: %w", err)
	}
	return nil
}

func (l *laboratory) chunks(ctx context.Context, _ *testing.T, seed string) error {
	content := random(seed, cellSize)
	wanted, err := pushChunks(ctx, "cell/chunks", content, 3*mebibyte, l.registry)
	if err != nil {
		return fmt.Errorf("pushing: %w", err)
	}
	got, err := pullBlob(ctx, l.registry, "cell/chunks", wanted)
	if err != nil {
		return fmt.Errorf("pulling: %w", err)
	}
	if digestOf(got) != wanted {
		return fmt.Errorf("%d bytes pulled are not the %d pushed", len(got), len(content))
	}
	return nil
}
