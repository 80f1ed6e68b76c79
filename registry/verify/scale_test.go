package verify_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// madeUp is the storage of a registry too large to be stored for a test. What it
// lists and gives is made up when it is asked for; of its images it only knows the
// digests. Each has four layers and a config of its own.
type madeUp struct {
	storagedriver.StorageDriver // nil: nothing else may be asked for
	images                      []digest.Digest
	numbers                     map[digest.Digest]int
}

func newMadeUp(images int) *madeUp {
	m := &madeUp{numbers: make(map[digest.Digest]int, images)}
	for i := range images {
		d := digest.FromBytes(m.manifest(i))
		m.images = append(m.images, d)
		m.numbers[d] = i
	}
	return m
}

// blobs is how many there are.
func (m *madeUp) blobs() int { return 6 * len(m.images) }

func (m *madeUp) layer(image, n int) v1.Descriptor {
	return v1.Descriptor{
		MediaType: v1.MediaTypeImageLayerGzip, Digest: digest.FromString(fmt.Sprint(image, " ", n)), Size: int64(1000 + image + n),
	}
}

func (m *madeUp) manifest(image int) []byte {
	manifest := v1.Manifest{MediaType: v1.MediaTypeImageManifest, Config: m.layer(image, 0)}
	for n := 1; n < 5; n++ {
		manifest.Layers = append(manifest.Layers, m.layer(image, n))
	}
	content, _ := json.Marshal(manifest) // never fails
	return content
}

// Walk lists everything, in no particular order.
func (m *madeUp) Walk(_ context.Context, _ string, f storagedriver.WalkFn, _ ...func(*storagedriver.WalkOptions)) error {
	emit := func(e layout.Entry, size int64) error {
		return f(storagedriver.FileInfoInternal{FileInfoFields: storagedriver.FileInfoFields{Path: e.Path(), Size: size, ModTime: time.Unix(1e9, 0)}})
	}
	for i, d := range m.images {
		repository, tag := fmt.Sprintf("team-%d/app-%d", i%10, i%1000), fmt.Sprintf("v%d", i)
		link := int64(len(d))
		for n := range 5 {
			layer := m.layer(i, n)
			for _, err := range []error{
				emit(layout.Entry{Kind: layout.Blob, Digest: layer.Digest}, layer.Size),
				emit(layout.Entry{Kind: layout.LayerLink, Repository: repository, Digest: layer.Digest}, link),
			} {
				if err != nil {
					return err
				}
			}
		}
		for _, err := range []error{
			emit(layout.Entry{Kind: layout.Blob, Digest: d}, int64(len(m.manifest(i)))),
			emit(layout.Entry{Kind: layout.RevisionLink, Repository: repository, Digest: d}, link),
			emit(layout.Entry{Kind: layout.TagIndex, Repository: repository, Name: tag, Digest: d}, link),
			emit(layout.Entry{Kind: layout.TagCurrent, Repository: repository, Name: tag}, link),
		} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// GetContent gives manifests: a quick run reads nothing else.
func (m *madeUp) GetContent(_ context.Context, p string) ([]byte, error) {
	i, ok := m.numbers[layout.Parse(p).Digest]
	if !ok {
		return nil, fmt.Errorf("asked for %s", p)
	}
	return m.manifest(i), nil
}

// scales measures what is live at the start of each phase.
type scales struct {
	mu   sync.Mutex
	most uint64 // bytes
}

func (s *scales) Start(string, int64, int64) { s.weigh() }
func (s *scales) Add(int64, int64)           {}

func (s *scales) weigh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	s.most = max(s.most, stats.HeapAlloc)
}

// quickRun checks the registry, and returns how many bytes it had at the most beside
// those of the model.
func quickRun(tb testing.TB, m *madeUp) int64 {
	tb.Helper()
	var model, run scales
	model.weigh()
	summary, err := verify.Run(tb.Context(), m, verify.Options{Meter: &run}, func(f verify.Finding) error {
		return fmt.Errorf("found %+v", f)
	})
	require.NoError(tb, err)
	require.Equal(tb, m.blobs(), summary.Blobs)
	require.Equal(tb, len(m.images), summary.Manifests)
	run.weigh()
	return int64(run.most) - int64(model.most) //nolint:gosec // memory ends long before
}

// TestQuickRunNeedsLittleMemoryForEachBlob is about a registry of 60,000 blobs and
// manifests; BenchmarkQuickRun is about 1.2 million.
func TestQuickRunNeedsLittleMemoryForEachBlob(t *testing.T) {
	m := newMadeUp(10_000)
	perBlob := quickRun(t, m) / int64(m.blobs())
	t.Logf("%d bytes for each blob", perBlob)
	require.Less(t, perBlob, int64(700)) // 1.2 million stay below 1 GiB, as live bytes
}

// BenchmarkQuickRun has up to 1,000,000 layers and configs and 200,000 manifests.
func BenchmarkQuickRun(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(50)) // as the command does
	for _, images := range []int{2000, 20_000, 200_000} {
		m := newMadeUp(images)
		b.Run(fmt.Sprintf("%d blobs and %d manifests", 5*images, images), func(b *testing.B) {
			var most int64
			for b.Loop() {
				most = max(most, quickRun(b, m))
			}
			b.ReportMetric(float64(most)/(1<<20), "MiB-live")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*m.blobs()), "us/blob")
			require.Less(b, most, int64(700<<20)) // below 1 GiB with what waits for the garbage collector
		})
	}
}
