package verify_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// fullRun is a full run with the checkpoint, that reads so much.
func fullRun(t *testing.T, r *verifytest.Registry, checkpoint *verify.Checkpoint, maxBytes int64) verify.Summary {
	t.Helper()
	_, summary := run(t, r, verify.Options{Full: true, Concurrency: 1, MaxBytes: maxBytes, Checkpoint: checkpoint})
	require.NoError(t, checkpoint.Close())
	return summary
}

func open(t *testing.T, file string) *verify.Checkpoint {
	t.Helper()
	checkpoint, err := verify.OpenCheckpoint(file, "here")
	require.NoError(t, err)
	return checkpoint
}

// tenBlobs returns a registry with so many, of 1000 bytes each.
func tenBlobs(t *testing.T) *verifytest.Registry {
	r := newRegistry(t)
	for i := range uint64(10) {
		r.PushBlob("a", verifytest.Noise(i, 1000))
	}
	return r
}

func TestTwoJobsWithOneCheckpointSpoilNothing(t *testing.T) {
	r, file := tenBlobs(t), filepath.Join(t.TempDir(), "checkpoint")
	r.PushBlob("b", verifytest.Noise(10, 20_000))
	one, other := open(t, file), open(t, file)
	run(t, r, verify.Options{Full: true, Repositories: []string{"b"}, Checkpoint: one})
	run(t, r, verify.Options{Full: true, Repositories: []string{"a"}, Checkpoint: other, Concurrency: 1, MaxBytes: 5000})
	require.NoError(t, one.Close())
	require.NoError(t, other.Close())
	require.Equal(t, int64(6), fullRun(t, r, open(t, file), 1).Resumed)
	require.Zero(t, fullRun(t, r, open(t, file), 0).Left)
	require.NoFileExists(t, file)
}

// TestCheckpointOutlivesACrashAtEveryByte has a checkpoint end anywhere, or hold
// zeros from somewhere on, as a file may when the machine loses its power.
func TestCheckpointOutlivesACrashAtEveryByte(t *testing.T) {
	r, file := tenBlobs(t), filepath.Join(t.TempDir(), "checkpoint")
	fullRun(t, r, open(t, file), 3000)
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	header := strings.Index(string(whole), "\n") + 1
	for n := range whole {
		for _, zeros := range []int{0, 5000} {
			if zeros > 0 && n < header {
				continue // there has never been a whole line
			}
			require.NoError(t, os.WriteFile(file, append(whole[:n:n], make([]byte, zeros)...), 0o600))
			require.NoError(t, open(t, file).Close())
			kept := strings.Count(string(whole[min(n, header):n]), "\n")
			if n%50 == 0 {
				require.Equal(t, int64(kept), fullRun(t, r, open(t, file), 1).Resumed, "byte %d", n)
				require.Equal(t, int64(kept+1), fullRun(t, r, open(t, file), 1).Resumed, "byte %d", n)
			}
		}
	}
}

func TestFileThatIsNoCheckpointIsLeftAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	for _, text := range []string{"secret", "version: 0.1\nstorage: {}\n", `{"token":"secret"}`, "{}\n"} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := verify.OpenCheckpoint(file, "here")
		require.ErrorContains(t, err, "no checkpoint")
		held, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(held))
	}
}

// inSlices runs nightly slices of n bytes until one leaves nothing, and returns how
// many there were and what each found.
func inSlices(t *testing.T, r *verifytest.Registry, n int64) (nights int, found []map[string]verify.Finding) {
	file := filepath.Join(t.TempDir(), "checkpoint")
	for left := int64(1); left > 0; nights++ {
		require.Less(t, nights, 100, "no progress")
		checkpoint := open(t, file)
		night, summary := run(t, r, verify.Options{Full: true, Concurrency: 1, MaxBytes: n, Checkpoint: checkpoint})
		require.NoError(t, checkpoint.Close())
		require.LessOrEqual(t, summary.HashedBytes, 3*n)
		left = summary.Left
		found = append(found, night)
	}
	return nights, found
}

// The damage of a pass was forgotten with it, and reported again only when the next
// one came to it: an alert of it ended in between.
func TestNextPassKnowsTheDamageOfTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // where an hour passes at once
		r, file := tenBlobs(t), filepath.Join(t.TempDir(), "checkpoint")
		var paths []string
		for i := range uint64(2) {
			layer := r.PushBlob("a", verifytest.Noise(10+i, 500)) // the smallest, and the last to be read
			flipped := append([]byte(nil), r.Right[layout.BlobPath(layer.Digest)]...)
			flipped[100] ^= 1
			r.Replace(layout.BlobPath(layer.Digest), flipped)
			paths = append(paths, layout.BlobPath(layer.Digest))
		}
		require.Zero(t, fullRun(t, r, open(t, file), 0).Left)
		for range 2 {
			checkpoint := open(t, file)
			found, summary := run(t, r, verify.Options{Full: true, Concurrency: 1, MaxBytes: 1, Checkpoint: checkpoint})
			require.NoError(t, checkpoint.Close())
			require.Positive(t, summary.Left)
			require.ElementsMatch(t, paths, slices.Collect(maps.Keys(found)))
		}
		time.Sleep(time.Hour)
		r.Replace(paths[0], r.Right[paths[0]])
		require.Equal(t, 1, fullRun(t, r, open(t, file), 0).Findings)
		require.NoError(t, r.Driver.Delete(t.Context(), path.Dir(paths[1])))
		require.Zero(t, fullRun(t, r, open(t, file), 0).ByKind[verify.BlobCorrupt])
		require.NoFileExists(t, file)
	})
}

func TestSlicesGetThroughWhateverIsCorrupt(t *testing.T) {
	r := newRegistry(t)
	for i := range uint64(8) {
		content := verifytest.Noise(i, 40_000)
		layer := r.PushBlob("a", content)
		r.PushImage("a", fmt.Sprint("v", i), layer)
		if i%2 == 0 { // damage that is searched for long and in vain
			r.Replace(layout.BlobPath(layer.Digest), append(verifytest.Noise(100+i, 4096), content...))
		}
	}
	nights, found := inSlices(t, r, 100_000)
	require.Greater(t, nights, 2)
	require.Len(t, found[nights-1], 4, "the last night knows of all")
}

// TestSlicesGetThroughSoundBlobsThatManifestsDispute has more of them than a slice
// reads: they come first, and were read again every night.
func TestSlicesGetThroughSoundBlobsThatManifestsDispute(t *testing.T) {
	r := newRegistry(t)
	for i := range uint64(6) {
		layer := r.PushBlob("a", verifytest.Noise(i, 40_000))
		layer.Size-- // as its manifest says
		r.PushImage("a", fmt.Sprint("v", i), layer)
		r.PushBlob("a", verifytest.Noise(100+i, 1000))
	}
	nights, found := inSlices(t, r, 100_000)
	require.Less(t, nights, 6)
	for _, f := range found[nights-1] {
		require.Equal(t, verify.DescriptorWrong, f.Kind)
	}
	require.Len(t, found[nights-1], 6, "the last night knows of all")
}
