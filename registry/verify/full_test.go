package verify_test

import (
	"context"
	"io"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func TestFullRunFindsWhatSizesDoNotTell(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1_500_000))
	r.PushImage("a", "v1", layer)
	p := layout.BlobPath(layer.Digest)
	flipped := append([]byte(nil), r.Right[p]...)
	flipped[1_400_000] ^= 1
	r.Replace(p, flipped)
	quick, _ := run(t, r, verify.Options{})
	require.Empty(t, quick)
	full, _ := run(t, r, verify.Options{Full: true})
	f := requireOne(t, full, p)
	require.Equal(t, verify.BlobCorrupt, f.Kind)
	require.Equal(t, verify.No, f.Mend.Chance)
}

func TestFullRunReadsLinksOfTheRightSize(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100))
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
	r.Replace(p, []byte(digest.FromString("another")))
	full, _ := run(t, r, verify.Options{Full: true})
	require.Equal(t, verify.LinkWrong, requireOne(t, full, p).Kind)
}

func TestFullRunFindsTheRepetitionInABlobThatNoManifestNames(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 60_000), verifytest.Block{Size: 20_000}, verifytest.Block{Size: 20_000, Lost: 1})
	full, _ := run(t, r, verify.Options{Full: true})
	f := requireOne(t, full, layout.BlobPath(layer.Digest))
	require.Equal(t, verify.BlobCorrupt, f.Kind)
	require.Equal(t, verify.Yes, f.Mend.Chance)
}

func TestNarrowing(t *testing.T) {
	r := newRegistry(t)
	var layers []digest.Digest
	for i, repository := range []string{"team/a", "team/b", "other"} {
		layer := r.PushBlob(repository, verifytest.Noise(uint64(i), 5000), verifytest.Block{Size: 5000, Lost: 1})
		r.PushImage(repository, "v1", layer)
		layers = append(layers, layer.Digest)
	}
	for _, full := range []bool{false, true} {
		for name, c := range map[string]struct {
			o    verify.Options
			want []digest.Digest
		}{
			"repository": {verify.Options{Repositories: []string{"team/b"}}, layers[1:2]},
			"pattern":    {verify.Options{Repositories: []string{"team/*"}}, layers[:2]},
			"digest":     {verify.Options{Digests: layers[2:]}, layers[2:]},
			"since then": {verify.Options{Since: time.Now().Add(-time.Hour)}, layers},
			"since now":  {verify.Options{Since: time.Now().Add(time.Hour)}, nil},
		} {
			c.o.Full = full
			found, _ := run(t, r, c.o)
			require.Len(t, found, len(c.want), name)
			for _, d := range c.want {
				require.Contains(t, found, layout.BlobPath(d), name)
			}
		}
	}
}

func TestSampleIsPartOfTheBlobsAndTheSameEachTime(t *testing.T) {
	r := newRegistry(t)
	for i := range uint64(200) {
		r.PushBlob("a", verifytest.Noise(i, 10))
	}
	_, half := run(t, r, verify.Options{Full: true, Sample: 50})
	require.InDelta(t, 100, half.Hashed, 40)
	_, again := run(t, r, verify.Options{Full: true, Sample: 50})
	require.Equal(t, half, again)
	_, all := run(t, r, verify.Options{Full: true, Sample: 100})
	require.Equal(t, int64(200), all.Hashed)
}

func TestMaxBytesAndCheckpointHashEverythingInTurns(t *testing.T) {
	r := newRegistry(t)
	for i := range uint64(10) {
		r.PushBlob("a", verifytest.Noise(i, 1000))
	}
	file := filepath.Join(t.TempDir(), "checkpoint")
	total := int64(0)
	for left := int64(10); left > 0; {
		checkpoint, err := verify.OpenCheckpoint(file, "here")
		require.NoError(t, err)
		_, summary := run(t, r, verify.Options{Full: true, Concurrency: 1, MaxBytes: 3000, Checkpoint: checkpoint})
		require.NoError(t, checkpoint.Close())
		require.Equal(t, total, summary.Resumed)
		total += summary.Hashed
		left = summary.Left
		require.Equal(t, int64(10), total+left)
	}
	require.NoFileExists(t, file, "the next run starts afresh")
}

func TestCheckpointDoesNotVouchForABlobThatChanged(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1000))
	r.PushBlob("a", verifytest.Noise(2, 1000))
	file := filepath.Join(t.TempDir(), "checkpoint")
	checkpoint, err := verify.OpenCheckpoint(file, "here")
	require.NoError(t, err)
	run(t, r, verify.Options{Full: true, Concurrency: 1, MaxBytes: 1, Checkpoint: checkpoint})
	require.NoError(t, checkpoint.Close())
	_, err = verify.OpenCheckpoint(file, "there")
	require.ErrorContains(t, err, "here")
	r.Replace(layout.BlobPath(layer.Digest), verifytest.Noise(3, 1001))
	checkpoint, err = verify.OpenCheckpoint(file, "here")
	require.NoError(t, err)
	found, _ := run(t, r, verify.Options{Full: true, Checkpoint: checkpoint})
	require.NoError(t, checkpoint.Close())
	require.Len(t, found, 1)
}

// changing is a driver under which something happens between the two looks.
type changing struct {
	storagedriver.StorageDriver
	walked  atomic.Bool
	between func()
}

func (d *changing) Stat(ctx context.Context, p string) (storagedriver.FileInfo, error) {
	if d.walked.CompareAndSwap(false, true) {
		d.between()
	}
	return d.StorageDriver.Stat(ctx, p)
}

func TestPushUnderWayIsNoFinding(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1000))
	r.PushImage("a", "v1", layer)
	p := layout.BlobPath(layer.Digest)
	r.Empty(p)
	driver := &changing{StorageDriver: r.Driver}
	driver.between = func() { r.Replace(p, r.Right[p]) }
	// The walk asks for sizes below the wrapper: only the second look goes through it.
	summary, err := verify.Run(t.Context(), driver, verify.Options{Settle: time.Millisecond}, func(f verify.Finding) error {
		t.Errorf("found %+v", f)
		return nil
	})
	require.NoError(t, err)
	require.Zero(t, summary.Findings)
	require.True(t, driver.walked.Load(), "nothing was looked at again")
}

// unreadable is a driver that fails to read one blob.
type unreadable struct {
	storagedriver.StorageDriver
	path string
}

func (d *unreadable) Reader(ctx context.Context, p string, offset int64) (io.ReadCloser, error) {
	r, err := d.StorageDriver.Reader(ctx, p, offset)
	if p == d.path && err == nil {
		return io.NopCloser(io.MultiReader(io.LimitReader(r, 10), failing{})), nil
	}
	return r, err
}

type failing struct{}

// Read fails as a broken connection does.
func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBlobThatCannotBeReadIsNoFindingAndNoCleanBill(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1000))
	damaged := r.PushBlob("a", verifytest.Noise(2, 1000), verifytest.Block{Size: 500, Lost: 1})
	driver := &unreadable{r.Driver, layout.BlobPath(layer.Digest)}
	var found []digest.Digest
	summary, err := verify.Run(t.Context(), driver, verify.Options{Full: true, Settle: time.Millisecond}, func(f verify.Finding) error {
		found = append(found, f.Digest)
		return nil
	})
	var failed *verify.UnreadableError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.Equal(t, int64(1), failed.Files)
	require.False(t, summary.Finished)
	require.Equal(t, []digest.Digest{damaged.Digest, layer.Digest}, found)
	require.Equal(t, 1, summary.ByKind[verify.Unreadable])
}

func TestRunEndsWithItsContext(t *testing.T) {
	r := newRegistry(t)
	r.PushImage("a", "v1")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := verify.Run(ctx, r.Driver, verify.Options{}, func(verify.Finding) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}

func TestNarrowedRunLeavesTheCheckpointOfTheFullOne(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 1000))
	r.PushBlob("b", verifytest.Noise(2, 1000))
	file := filepath.Join(t.TempDir(), "checkpoint")
	for _, o := range []verify.Options{
		{MaxBytes: 1}, {Repositories: []string{"a"}}, {Digests: []digest.Digest{layer.Digest}}, {Since: time.Now().Add(-time.Hour)}, {Sample: 50},
	} {
		checkpoint, err := verify.OpenCheckpoint(file, "here")
		require.NoError(t, err)
		o.Full, o.Concurrency, o.Checkpoint = true, 1, checkpoint
		run(t, r, o)
		require.NoError(t, checkpoint.Close())
		require.FileExists(t, file)
	}
}
