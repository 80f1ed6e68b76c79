package verify_test

import (
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

const mebibyte = 1 << 20

// line is a storage that gives each stream so many bytes a second, in the time of a
// synctest bubble, and knows how many streams there are.
type line struct {
	storagedriver.StorageDriver
	perSecond int                      // of a stream; 0 is no limit
	reads     func(offset int64) error // before each of them, if it isn't nil

	mu        sync.Mutex
	now, most int // streams
}

func (l *line) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	r, err := l.StorageDriver.Reader(ctx, p, offset)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now++
	l.most = max(l.most, l.now)
	return &lineStream{r, l, offset}, nil
}

type lineStream struct {
	io.ReadCloser
	line   *line
	offset int64
}

func (s *lineStream) Read(p []byte) (int, error) {
	if s.line.reads != nil {
		if err := s.line.reads(s.offset); err != nil {
			return 0, err
		}
	}
	n, err := s.ReadCloser.Read(p[:min(len(p), 64<<10)])
	s.offset += int64(n)
	if s.line.perSecond > 0 {
		time.Sleep(time.Duration(n) * time.Second / time.Duration(s.line.perSecond))
	}
	return n, err
}

func (s *lineStream) Close() error {
	s.line.mu.Lock()
	s.line.now--
	s.line.mu.Unlock()
	return s.ReadCloser.Close()
}

// ranged is one that can be asked for parts, and for nothing else.
type ranged struct{ *line }

func (r ranged) RangeReader(ctx context.Context, p string, offset, length int64) (io.ReadCloser, error) {
	s, err := r.line.Reader(ctx, p, offset)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(s, length), s}, nil
}

func (r ranged) Reader(context.Context, string, int64) (io.ReadCloser, error) {
	return nil, fmt.Errorf("the whole was asked for")
}

func TestLargeBlobIsReadInSeveralStreams(t *testing.T) {
	for _, size := range []int{16 * mebibyte, 16*mebibyte + 1, 24*mebibyte - 1, 37_000_000} {
		r := newRegistry(t)
		r.PushBlob("a", verifytest.Noise(1, size))
		l := &line{StorageDriver: r.Driver}
		for name, driver := range map[string]storagedriver.StorageDriver{"streams": l, "ranges": ranged{l}} {
			r.Driver = driver
			found, summary := run(t, r, verify.Options{Full: true, Concurrency: 2})
			require.Empty(t, found, name)
			require.EqualValues(t, size, summary.HashedBytes, name)
			require.LessOrEqual(t, l.most, 2, name)
			require.Zero(t, l.now, name)
		}
	}
}

func TestDamageOfALargeBlobIsFoundInEachRange(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 20*mebibyte))
	p := layout.BlobPath(layer.Digest)
	for _, at := range []int{0, 2*mebibyte - 1, 2 * mebibyte, 15 * mebibyte, 20*mebibyte - 1} {
		flipped := append([]byte(nil), r.Right[p]...)
		flipped[at] ^= 1
		r.Replace(p, flipped)
		found, _ := run(t, r, verify.Options{Full: true, MaxBytes: 1}) // what is found isn't searched for repeated blocks
		require.Equal(t, verify.BlobCorrupt, requireOne(t, found, p).Kind, at)
	}
}

// listedAs is a driver that lists blobs with other sizes than they have by now.
type listedAs struct {
	storagedriver.StorageDriver
	size int64
}

func (d listedAs) Walk(ctx context.Context, p string, f storagedriver.WalkFn, o ...func(*storagedriver.WalkOptions)) error {
	return d.StorageDriver.Walk(ctx, p, func(info storagedriver.FileInfo) error {
		if layout.Parse(info.Path()).Kind == layout.Blob {
			info = storagedriver.FileInfoInternal{FileInfoFields: storagedriver.FileInfoFields{
				Path: info.Path(), Size: d.size, ModTime: info.ModTime(),
			}}
		}
		return f(info)
	}, o...)
}

func TestLargeBlobIsReadToItsEndWhateverWasListed(t *testing.T) {
	const size = 20 * mebibyte
	r := newRegistry(t)
	r.PushBlob("a", verifytest.Noise(1, size))
	driver := r.Driver
	for _, listed := range []int64{16 * mebibyte, 17 * mebibyte, 24 * mebibyte, 24*mebibyte + 1, 60 * mebibyte} {
		r.Driver = listedAs{driver, listed}
		found, summary := run(t, r, verify.Options{Full: true})
		require.Empty(t, found, listed)
		require.EqualValues(t, size, summary.HashedBytes, listed)
	}
}

func TestRangeThatBreaksOffIsNoDamage(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 40*mebibyte))
	for _, at := range []int64{0, 9 * mebibyte, 33 * mebibyte} {
		l := &line{StorageDriver: r.Driver, reads: func(offset int64) error {
			if offset >= at {
				return io.ErrUnexpectedEOF
			}
			return nil
		}}
		var found []verify.Finding
		_, err := verify.Run(t.Context(), l, verify.Options{Full: true}, func(f verify.Finding) error {
			found = append(found, f)
			return nil
		})
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Len(t, found, 1)
		require.Equal(t, verify.Unreadable, found[0].Kind)
		require.Contains(t, found[0].Detail, layer.Digest)
		require.Zero(t, l.now, "streams left open")
	}
}

func TestBlobThatIsDeletedWhileItIsReadIsGone(t *testing.T) {
	for name, size := range map[string]int{"in one stream": mebibyte, "in ranges": 40 * mebibyte} {
		r := newRegistry(t)
		layer := r.PushBlob("a", verifytest.Noise(1, size))
		r.PushBlob("a", verifytest.Noise(2, 100))
		driver := r.Driver
		var once sync.Once
		r.Driver = &line{StorageDriver: driver, reads: func(offset int64) (err error) {
			if offset < int64(size)/2 {
				return nil
			}
			once.Do(func() { err = driver.Delete(t.Context(), layout.BlobPath(layer.Digest)) })
			return fmt.Errorf("the blob has changed: %w", err)
		}}
		_, summary := run(t, r, verify.Options{Full: true})
		require.EqualValues(t, 1, summary.Hashed, name)
	}
}

func TestRunThatEndsWhileRangesAreReadLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t)
		r.PushBlob("a", verifytest.Noise(1, 100*mebibyte))
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		l := &line{StorageDriver: r.Driver, perSecond: 60 * mebibyte}
		_, err := verify.Run(ctx, l, verify.Options{Full: true}, nil)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Zero(t, l.now)
	})
}

// took is the time that a full run takes.
func took(t *testing.T, r *verifytest.Registry, o verify.Options) time.Duration {
	t.Helper()
	o.Full = true
	start := time.Now()
	found, _ := run(t, r, o)
	require.Empty(t, found)
	return time.Since(start)
}

// In a bubble, hashing takes no time: this is about the streams alone. What hashing
// adds is for BenchmarkFullRun of tests/verify to say.
func TestFullRunKeepsAllStreamsBusy(t *testing.T) {
	for name, sizes := range map[string][]int{
		"one large blob":                    {200 * mebibyte},
		"two, one smaller":                  {100 * mebibyte, 60 * mebibyte},
		"a large one and many small ones":   {200 * mebibyte, 8 * mebibyte, 7 * mebibyte, 6 * mebibyte, 5 * mebibyte, 4 * mebibyte, 3 * mebibyte, 2 * mebibyte, 2 * mebibyte, mebibyte},
		"as many as there can be at a time": {20 * mebibyte, 20 * mebibyte, 20 * mebibyte, 20 * mebibyte, 20 * mebibyte, 20 * mebibyte, 20 * mebibyte, 20 * mebibyte},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRegistry(t)
			total := 0
			for i, size := range sizes {
				r.PushBlob("a", verifytest.Noise(uint64(i), size))
				total += size
			}
			l := &line{StorageDriver: r.Driver, perSecond: 60 * mebibyte}
			r.Driver = l
			ideal := time.Duration(total) * time.Second / (8 * 60 * mebibyte)
			require.Less(t, took(t, r, verify.Options{}), ideal*10/9+time.Millisecond, name)
			require.Equal(t, 8, l.most, name)
		})
	}
}

func TestRateBoundsRangesThatAreReadAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRegistry(t)
		r.PushBlob("a", verifytest.Noise(1, 100*mebibyte))
		r.Driver = &line{StorageDriver: r.Driver}
		require.InDelta(t, 9, took(t, r, verify.Options{Rate: 10 * mebibyte}).Seconds(), 0.1) // the first second's share comes at once
	})
}
