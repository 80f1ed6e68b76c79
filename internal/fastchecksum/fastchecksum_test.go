package fastchecksum

import (
	"hash/crc64"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

// portable is the standard library's checksum with the polynomial of
// x-ms-content-crc64, as the SDK has it too (azblob, internal/shared.CRC64Table).
var portable = crc64.MakeTable(0x9A6C9329AC4BC9B5)

func TestChecksumIsTheServices(t *testing.T) {
	require.Equal(t, uint64(0xAE8B14860A799888), azure.BlockChecksum([]byte("123456789"))) // CRC RevEng catalogue: CRC-64/NVME, check
	random := rand.New(rand.NewPCG(1, 2))                                                  //nolint:gosec // noise to sum up
	block := make([]byte, 1<<20)
	for i := range block {
		block[i] = byte(random.Uint32())
	}
	for size := range 2048 { // all the ways in which an end can lie across the registers
		start := random.IntN(64)
		part := block[start : start+size]
		require.Equal(t, crc64.Checksum(part, portable), azure.BlockChecksum(part), "%d bytes from %d", size, start)
	}
	require.Equal(t, crc64.Checksum(block, portable), azure.BlockChecksum(block))
}

func FuzzChecksumIsTheServices(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("123456789"))
	f.Fuzz(func(t *testing.T, block []byte) {
		require.Equal(t, crc64.Checksum(block, portable), azure.BlockChecksum(block))
	})
}

func BenchmarkBlockChecksum(b *testing.B) {
	block := make([]byte, 16<<20)
	b.SetBytes(int64(len(block)))
	for b.Loop() {
		azure.BlockChecksum(block)
	}
}
