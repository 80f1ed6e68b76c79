package service

import (
	"hash/crc64"
	"math/rand/v2"
	"testing"
)

func TestChecksumIsTheServices(t *testing.T) {
	if got := crc64Of([]byte("123456789")); got != 0xAE8B14860A799888 { // CRC RevEng catalogue: CRC-64/NVME, check
		t.Errorf("check value %x", got)
	}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // noise to sum up
	block := make([]byte, 20*laneSize)
	for i := range block {
		block[i] = byte(random.Uint32())
	}
	for _, size := range []int{0, 1, 7, 8, 9, 4*laneSize - 1, 4 * laneSize, 4*laneSize + 1, 9 * laneSize, 16*laneSize + 5} {
		part := block[random.IntN(64):][:size]
		if got, want := crc64Of(part), crc64.Checksum(part, crc64Table); got != want {
			t.Errorf("%d bytes: %x instead of %x", size, got, want)
		}
	}
}

func FuzzChecksumIsTheServices(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(make([]byte, 4*laneSize+3))
	f.Fuzz(func(t *testing.T, block []byte) {
		if got, want := crc64Of(block), crc64.Checksum(block, crc64Table); got != want {
			t.Errorf("%x instead of %x", got, want)
		}
	})
}

func BenchmarkChecksum(b *testing.B) {
	block := make([]byte, 16<<20)
	for name, sum := range map[string]func([]byte) uint64{
		"lanes":    crc64Of,
		"standard": func(p []byte) uint64 { return crc64.Checksum(p, crc64Table) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			for b.Loop() {
				sum(block)
			}
		})
	}
}
