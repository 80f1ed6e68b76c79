package adopt

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"sync"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"golang.org/x/sync/errgroup"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// Adopter is a driver that can bring files here from under the other root prefix.
type Adopter interface {
	storagedriver.StorageDriver
	verify.Conditional
	// AdoptIfMatch moves the file at path under the other root prefix here, if the
	// file here still has the ETag or, if the ETag is empty, if there is none.
	// Otherwise the error is one that verify.ConditionNotMet knows.
	AdoptIfMatch(ctx context.Context, path, etag string) error
}

// Options says what to do.
type Options struct {
	// Apply does it. Without it nothing is written.
	Apply bool
	// Concurrency is how many files are moved at a time; 8 if 0.
	Concurrency int
	// Meter is told of the progress. May be nil.
	Meter verify.Meter
}

// Summary counts results.
type Summary struct {
	ByAction map[Action]int `json:"by_action"`
	// Remaining is how many files are there still that should be here, or that
	// differ.
	Remaining int  `json:"remaining"`
	Finished  bool `json:"finished"`
}

// phases are in the order in which a push writes.
var phases = []struct {
	kind layout.Kind
	name string
}{
	{layout.Blob, "layers and manifests"},
	{layout.LayerLink, "links to layers"},
	{layout.RevisionLink, "links to manifests"},
	{layout.TagIndex, "what tags have named"},
	{layout.TagCurrent, "tags"},
}

// adopter holds one run.
type adopter struct {
	here  Adopter
	there storagedriver.StorageDriver
	o     Options
	seed  maphash.Seed
	sizes map[uint64]int64 // of the files here, by the hashes of their paths

	found bool // anything of a registry, here or there

	mu       sync.Mutex // guards what follows
	emit     func(Result) error
	summary  Summary
	failures []error
	missed   map[digest.Digest]bool // blobs that could not be brought
	held     map[string]bool        // repositories that need something which could not be
}

// Run brings here what is there, and hands each result to emit, one at a time. A
// file that fails doesn't keep it from anything that doesn't need it; the errors are
// returned together. That there is nothing anywhere is verify.ErrNoRegistry.
func Run(ctx context.Context, here Adopter, there storagedriver.StorageDriver, o Options, emit func(Result) error) (Summary, error) {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	a := &adopter{
		here: here, there: there, o: o, emit: emit, seed: maphash.MakeSeed(), sizes: make(map[uint64]int64),
		summary: Summary{ByAction: make(map[Action]int)},
		missed:  make(map[digest.Digest]bool), held: make(map[string]bool),
	}
	a.start("listing")
	err := a.walk(ctx, here, func(info storagedriver.FileInfo, _ layout.Entry) error {
		a.sizes[maphash.String(a.seed, info.Path())] = info.Size()
		return nil
	})
	for _, phase := range phases {
		if err != nil {
			break
		}
		a.start(phase.name)
		err = a.phase(ctx, phase.kind)
	}
	if err == nil && !a.found {
		err = verify.ErrNoRegistry
	}
	err = errors.Join(append(a.failures, err)...)
	a.summary.Finished = err == nil
	return a.summary, err
}

func (a *adopter) start(phase string) {
	if a.o.Meter != nil {
		a.o.Meter.Start(phase, -1, -1)
	}
}

// walk lists a registry. That there is none is no error.
func (a *adopter) walk(ctx context.Context, driver storagedriver.StorageDriver, f func(storagedriver.FileInfo, layout.Entry) error) error {
	err := driver.Walk(ctx, layout.Root, func(info storagedriver.FileInfo) error {
		if info.IsDir() {
			return ctx.Err()
		}
		if a.o.Meter != nil {
			a.o.Meter.Add(1, 0)
		}
		e := layout.Parse(info.Path())
		a.found = a.found || e.Kind != layout.Unknown
		return errors.Join(f(info, e), ctx.Err())
	})
	if err == nil || errors.As(err, new(storagedriver.PathNotFoundError)) {
		return nil
	}
	return fmt.Errorf("listing %s: %w", layout.Root, err)
}

// phase treats all files of one kind.
func (a *adopter) phase(ctx context.Context, kind layout.Kind) error {
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(a.o.Concurrency)
	err := a.walk(inner, a.there, func(info storagedriver.FileInfo, e layout.Entry) error {
		held := a.hold(e)
		if e.Kind == kind {
			group.Go(func() error {
				r, err := a.decide(inner, kind, info, held)
				return a.report(e, r, err)
			})
		}
		return nil
	})
	return errors.Join(group.Wait(), err)
}

// hold tells whether a file has to stay there because its repository needs something
// that could not be brought: else there would be images here that lack it. Links name
// all that a repository needs, and come before the tags.
func (a *adopter) hold(e layout.Entry) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.missed[e.Digest] && e.Repository != "" {
		a.held[e.Repository] = true
	}
	return a.held[e.Repository]
}

// report counts a result and hands it over.
func (a *adopter) report(e layout.Entry, r Result, err error) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		r.Action, r.Error = Failed, err.Error()
		a.failures = append(a.failures, err)
		if e.Kind == layout.Blob {
			a.missed[e.Digest] = true
		} else {
			a.held[e.Repository] = true
		}
	}
	a.summary.ByAction[r.Action]++
	if r.Action.remains() {
		a.summary.Remaining++
	}
	if err := a.emit(r); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}
