package unrepeat_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/unrepeat"
)

// noise returns n bytes that don't repeat, the same for the same seed.
func noise(seed uint64, n int) []byte {
	b := make([]byte, n)
	random := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// blocks are what an old writer appended: how long, and how often each.
type block struct{ size, times int }

// written is what the appends leave behind, and what they should have left.
func written(content []byte, blocks []block) (stored, right []byte) {
	right = content
	for _, b := range blocks {
		for range b.times {
			stored = append(stored, content[:b.size]...)
		}
		content = content[b.size:]
	}
	return append(stored, content...), right
}

func problem(stored []byte, right []byte, known bool) unrepeat.Problem {
	want := int64(-1)
	if known {
		want = int64(len(right))
	}
	return unrepeat.Problem{
		Open: func(_ context.Context, offset int64) (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(stored[offset:])), nil
		},
		Size:   int64(len(stored)),
		Want:   want,
		Digest: digest.FromBytes(right),
	}
}

func requireMended(t *testing.T, stored, right []byte, known bool) {
	t.Helper()
	solution, err := unrepeat.Find(t.Context(), problem(stored, right, known))
	require.NoError(t, err)
	require.Equal(t, int64(len(right)), solution.Size)
	mended, err := io.ReadAll(solution.Reader(bytes.NewReader(stored)))
	require.NoError(t, err)
	require.True(t, bytes.Equal(right, mended), "the result differs")
}

func TestRepeatedBlocks(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	for name, blocks := range map[string][]block{
		"first":                   {{4 * kib, 2}, {100 * kib, 1}},
		"middle":                  {{64 * kib, 1}, {64 * kib, 2}, {64 * kib, 1}},
		"last":                    {{64 * kib, 1}, {333, 2}},
		"only":                    {{12345, 2}},
		"three times":             {{70 * kib, 1}, {10 * kib, 3}, {kib, 1}},
		"four times":              {{70 * kib, 1}, {10 * kib, 4}, {kib, 1}},
		"two in a row":            {{32 * kib, 2}, {32 * kib, 2}, {32 * kib, 1}},
		"two, three times":        {{50 * kib, 3}, {20 * kib, 1}, {9 * kib, 3}, {kib, 1}},
		"many sizes":              {{4 * kib, 2}, {kib, 1}, {5001, 2}, {77, 2}, {12 * kib, 1}, {200 * kib, 3}, {1000, 2}},
		"short":                   {{10 * kib, 1}, {17, 2}, {10 * kib, 1}},
		"short ones":              {{10 * kib, 1}, {17, 2}, {10 * kib, 1}, {5, 2}, {10 * kib, 1}, {600, 3}},
		"one byte":                {{10 * kib, 1}, {1, 2}, {10 * kib, 1}},
		"tail of one byte":        {{10 * kib, 1}, {1, 2}},
		"larger than memory":      {{mib, 2}, {mib / 2, 1}, {mib, 3}, {mib / 3, 2}},
		"larger, and short":       {{mib, 2}, {mib, 1}, {mib, 1}, {1234, 2}, {99, 2}, {mib, 1}},
		"every block":             {{9 * kib, 2}, {8 * kib, 2}, {7 * kib, 2}, {6 * kib, 2}, {5 * kib, 2}, {4 * kib, 2}, {3 * kib, 2}},
		"all of it twice":         {{300 * kib, 2}},
		"all of it thrice":        {{300 * kib, 3}},
		"chunks of a few bytes":   {{100, 1}, {60, 2}, {61, 2}, {62, 2}, {63, 3}, {500, 1}},
		"a dozen, some by chance": {{4096, 2}, {4096, 2}, {4096, 1}, {4096, 2}, {4096, 2}, {4096, 2}, {8192, 2}, {4096, 2}, {4096, 2}, {70, 2}},
	} {
		total := 0
		for _, b := range blocks {
			total += b.size
		}
		for _, known := range []bool{true, false} {
			if !known && (name == "one byte" || name == "tail of one byte") {
				continue // so short a block is only looked for with the size known
			}
			t.Run(fmt.Sprintf("%s, size known %t", name, known), func(t *testing.T) {
				content := noise(uint64(len(name)), total)
				stored, right := written(content, blocks)
				requireMended(t, stored, right, known)
			})
		}
	}
}

func TestRepeatedBlocksOfContentThatRepeatsByNature(t *testing.T) {
	zeros := make([]byte, 300<<10)
	text := bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog\n"), 5000)
	for name, content := range map[string][]byte{
		"zeros":             zeros,
		"zeros in noise":    slices.Concat(noise(1, 100<<10), zeros, noise(2, 100<<10)),
		"noise in zeros":    slices.Concat(zeros, noise(1, 10<<10), zeros),
		"text":              text,
		"text with numbers": numbered(20000),
		"tar like":          tarLike(),
	} {
		for _, b := range [][]block{
			{{4096, 1}, {65536, 2}},
			{{65536, 2}},
			{{100_000, 1}, {65536, 3}, {4096, 1}},
			{{len(content) - 5000, 1}, {5000, 2}},
		} {
			t.Run(fmt.Sprint(name, b), func(t *testing.T) {
				stored, right := written(content, b)
				requireMended(t, stored, right, true)
			})
		}
	}
}

func numbered(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "line %d of the log\n", i)
	}
	return b.Bytes()
}

// tarLike is what an uncompressed layer looks like: files, some of them alike,
// between headers, filled up with zeros.
func tarLike() []byte {
	var b []byte
	for i := range uint64(40) {
		header := make([]byte, 512)
		copy(header, fmt.Sprintf("usr/share/file-%d", i))
		b = append(b, header...)
		b = append(b, noise(i%7, int(1000+i%5*3000))...)
		b = append(b, make([]byte, 512-len(b)%512)...)
	}
	return append(b, make([]byte, 10240)...)
}

func TestBlockThatLandedAgainBehindOthers(t *testing.T) {
	a, b, c := noise(1, 50_000), noise(2, 70_000), noise(3, 9_000)
	for _, known := range []bool{true, false} {
		requireMended(t, slices.Concat(a, b, a, c), slices.Concat(a, b, c), known)
		requireMended(t, slices.Concat(a, b, b, c, a), slices.Concat(a, b, c), known)
	}
}

func TestDamageThatIsNoRepetitionIsNotMendable(t *testing.T) {
	content := noise(1, 1<<18)
	flipped := slices.Clone(content)
	flipped[125_000] ^= 1
	longer := slices.Insert(slices.Clone(content), 125_000, noise(2, 4096)...)
	repeatedAndFlipped := slices.Concat(flipped[:200_000], flipped[100_000:])
	zeroed := slices.Clone(content)
	clear(zeroed[4096:8192])
	tarDamaged := slices.Insert(tarLike(), 70_000, noise(99, 4096)...)
	for name, stored := range map[string][]byte{
		"a flipped bit":          flipped,
		"foreign bytes":          longer,
		"repeated and flipped":   repeatedAndFlipped,
		"zeroed":                 zeroed,
		"truncated":              content[:1000],
		"empty":                  nil,
		"one byte":               content[:1],
		"foreign bytes in a tar": tarDamaged,
	} {
		for _, known := range []bool{true, false} {
			right := content
			if name == "foreign bytes in a tar" {
				right = tarLike()
			}
			_, err := unrepeat.Find(t.Context(), problem(stored, right, known))
			var not *unrepeat.NotFoundError
			require.ErrorAs(t, err, &not, name)
		}
	}
}

func TestSoundBlobNeedsNoCut(t *testing.T) {
	content := noise(1, 100_000)
	solution, err := unrepeat.Find(t.Context(), problem(content, content, true))
	require.NoError(t, err)
	require.Empty(t, solution.Cuts)
}

func TestEveryAlgorithm(t *testing.T) {
	content := noise(1, 100_000)
	stored, _ := written(content, []block{{1000, 2}, {70_000, 2}})
	for _, a := range []digest.Algorithm{digest.SHA256, digest.SHA384, digest.SHA512} {
		mended, ok := unrepeat.Bytes(stored, a.FromBytes(content))
		require.True(t, ok, a)
		require.True(t, bytes.Equal(content, mended), a)
	}
}

func TestRandomBlocksAtRandomPlaces(t *testing.T) {
	for seed := range uint64(30) {
		random := rand.New(rand.NewPCG(seed, 2))
		var blocks []block
		total := 0
		for range 1 + random.IntN(12) {
			b := block{size: 8 + int(random.Float64()*random.Float64()*150_000), times: 1}
			if random.IntN(3) == 0 {
				b.times = 2 + random.IntN(2)
			}
			blocks = append(blocks, b)
			total += b.size
		}
		stored, right := written(noise(seed, total), blocks)
		t.Run(fmt.Sprint(seed, blocks), func(t *testing.T) { requireMended(t, stored, right, true) })
	}
}
