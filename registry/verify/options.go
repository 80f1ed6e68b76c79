package verify

import (
	"fmt"
	"path"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
)

// Options says what to check and how hard. The zero value is a quick run over
// the whole registry.
type Options struct {
	// Full reads and hashes every blob and reads every link.
	Full bool
	// Concurrency is how many files are read at a time, or ranges of large ones, each
	// with up to 16 MiB of memory; 8 if 0.
	Concurrency int
	// Rate limits the reading of blobs, in bytes per second; 0 is no limit.
	Rate int64
	// MaxBytes ends the hashing when so many bytes have been read; 0 is no
	// limit. The blob that crosses the limit is read to its end, and one that is
	// wrong isn't searched for repeated blocks any further.
	MaxBytes int64
	// Sample hashes only so many percent of the blobs, in (0, 100]; 0 is all.
	// Which ones depends on the digest alone.
	Sample float64
	// Since checks only blobs that were stored at or after this time.
	Since time.Time
	// Repositories narrows the run to these; each is a path.Match pattern. The
	// reach of a finding then only names what lies in them.
	Repositories []string
	// Digests narrows the run to these blobs and manifests.
	Digests []digest.Digest
	// UploadAge is how old an unfinished upload must be to count as abandoned;
	// 168 hours, as in upstream's upload purging, if 0.
	UploadAge time.Duration
	// Settle is how long to wait before things that look wrong are looked at
	// again, so that a push under way may end; 3 seconds if 0.
	Settle time.Duration
	// Proxy says that the registry is a pull-through cache. There, a manifest
	// whose blobs aren't stored is no damage: they are fetched when asked for.
	Proxy bool
	// OptionalChild tells whether the registry takes an index without its image
	// for the platform, so that it is no damage if that isn't there. May be nil.
	OptionalChild func(os, architecture string) bool
	// Elsewhere is where a registry is looked for that this one doesn't see.
	Elsewhere Elsewhere
	// Litter hands over findings of litter as well; it is counted in any case.
	Litter bool
	// Checkpoint remembers what has been hashed. May be nil.
	Checkpoint *Checkpoint
	// Meter is told of the progress. May be nil.
	Meter Meter
	// Planned is called before the blobs of a full run are read. May be nil.
	Planned func(Workload)
}

// Elsewhere is the same storage under the other root prefix: names of blobs that
// begin with a slash, as version 2 of the registry wrote them, or that don't.
type Elsewhere struct {
	Driver  storagedriver.StorageDriver // nil: there is nothing to look at
	Setting string                      // how to look at it, for people
}

// Workload is what a full run is about to do.
type Workload struct {
	Blobs    int64 // blobs to hash
	Bytes    int64 // bytes to read
	Requests int64 // reads to send at least: a large blob may take one for each range
}

// Meter shows progress. Its methods are called from several goroutines.
type Meter interface {
	// Start begins a phase of so many items and bytes, -1 where that isn't known.
	Start(phase string, items, bytes int64)
	// Add says that so much more of the phase is done.
	Add(items, bytes int64)
}

type noMeter struct{}

func (noMeter) Start(string, int64, int64) {}
func (noMeter) Add(int64, int64)           {}

func (o Options) withDefaults() (Options, error) {
	if o.Concurrency <= 0 {
		o.Concurrency = 8
	}
	if o.UploadAge <= 0 {
		o.UploadAge = 168 * time.Hour
	}
	if o.Settle <= 0 {
		o.Settle = 3 * time.Second
	}
	if o.Meter == nil {
		o.Meter = noMeter{}
	}
	if o.Sample < 0 || o.Sample > 100 {
		return o, fmt.Errorf("sample of %v percent: must be more than 0 and at most 100", o.Sample)
	}
	for _, pattern := range o.Repositories {
		if _, err := path.Match(pattern, ""); err != nil {
			return o, fmt.Errorf("repository pattern %q: %w", pattern, err)
		}
	}
	for _, d := range o.Digests {
		if err := d.Validate(); err != nil {
			return o, fmt.Errorf("digest %q: %w", d, err)
		}
	}
	return o, nil
}

// narrowed tells whether the run isn't about the whole registry.
func (o Options) narrowed() bool {
	return o.Sample > 0 && o.Sample < 100 || !o.Since.IsZero() || len(o.Repositories) > 0 || len(o.Digests) > 0
}

// wantsRepository tells whether the run looks into the repository.
func (o Options) wantsRepository(name string) bool {
	if len(o.Repositories) == 0 {
		return true
	}
	for _, pattern := range o.Repositories {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}
