package unrepeat_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestBlockWhoseFirstFingerprintBeginsBeforeIt is about a fingerprint met again
// although the first bytes of its window differ: the run was measured from one of
// these, and one block in about a hundred was lost for it.
func TestBlockWhoseFirstFingerprintBeginsBeforeIt(t *testing.T) {
	for seed := range uint64(250) {
		stored, right := written(noise(seed, 12_000), []block{{3000, 1}, {5000, 2}})
		requireMended(t, stored, right, false)
	}
}

// TestShortBlockInACompressedLayer is about gzip's way with long runs of zeros,
// which are periodic when compressed too: too many guesses were spent on them.
func TestShortBlockInACompressedLayer(t *testing.T) {
	content := compressed(t, 3<<19)
	for _, b := range [][]block{
		{{100, 2}},
		{{500_013, 1}, {100, 3}},
		{{1 << 20, 1}, {7, 2}},
		{{1 << 19, 2}, {1 << 19, 1}, {100, 2}},
	} {
		stored, right := written(content, b)
		requireMended(t, stored, right, true)
	}
}

// compressed returns what gzip makes of at least n bytes: lines of a log, and
// long runs of zeros between them.
func compressed(t *testing.T, n int) []byte {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 9))
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for b.Len() < n {
		_, err := fmt.Fprintf(w, "line %d of the log %x\n", random.IntN(1000), random.Uint64())
		require.NoError(t, err)
		if random.IntN(3000) == 0 {
			_, err = w.Write(make([]byte, random.IntN(100_000)))
			require.NoError(t, err)
		}
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// TestOneByteAmongManyAlike is about the shortest block there is: every other
// place where a byte comes twice in a row by nature is a guess as good.
func TestOneByteAmongManyAlike(t *testing.T) {
	for _, b := range [][]block{{{1, 2}}, {{300_000, 1}, {1, 2}}, {{300_000, 1}, {1, 3}}, {{9000, 2}, {300_000, 1}, {2, 2}}} {
		stored, right := written(noise(5, 330_000), b)
		requireMended(t, stored, right, true)
	}
}
