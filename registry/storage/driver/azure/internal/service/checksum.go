package service

import (
	"encoding/binary"
	"hash/crc64"
)

// azurePolynomial is that of x-ms-content-crc64 (REST: "Append Block"), also
// known as CRC-64/NVME.
const azurePolynomial = 0x9A6C9329AC4BC9B5

// laneSize is how many bytes of a block make one of four lanes, whose checksums
// are computed side by side. The standard library computes one after the other,
// and waits for each lookup: it takes up to four times as long, by the processor.
const laneSize = 8 << 10

var (
	crc64Table = crc64.MakeTable(azurePolynomial)
	eightBytes = stepTables() // of eight bytes of content
	wholeLane  = skipTables() // of a lane of zeros
)

// tables map a checksum's register to another, byte by byte: the result is the
// sum, in the field of two elements, of what its eight bytes map to.
type tables [8][256]uint64

func (t *tables) apply(x uint64) uint64 {
	return t[0][byte(x)] ^ t[1][byte(x>>8)] ^ t[2][byte(x>>16)] ^ t[3][byte(x>>24)] ^
		t[4][byte(x>>32)] ^ t[5][byte(x>>40)] ^ t[6][byte(x>>48)] ^ t[7][byte(x>>56)]
}

// stepTables take the register over eight bytes that were added to it.
func stepTables() *tables {
	var t tables
	t[7] = *crc64Table
	for i := 6; i >= 0; i-- {
		for b, x := range t[i+1] {
			t[i][b] = crc64Table[byte(x)] ^ x>>8
		}
	}
	return &t
}

// skipTables take the register over laneSize bytes of zeros.
func skipTables() *tables {
	var t tables
	for i := range t {
		for bit := range 8 {
			x := uint64(1) << (8*i + bit)
			for range laneSize / 8 {
				x = eightBytes.apply(x)
			}
			t[i][1<<bit] = x
		}
		for b := range t[i] {
			if low := b & -b; low != b {
				t[i][b] = t[i][low] ^ t[i][b^low]
			}
		}
	}
	return &t
}

// crc64Of is the checksum of a block.
func crc64Of(block []byte) uint64 {
	register := ^uint64(0)
	for len(block) >= 4*laneSize {
		register = fourLanes(register, (*[4 * laneSize]byte)(block))
		block = block[4*laneSize:]
	}
	return crc64.Update(^register, crc64Table, block)
}

// fourLanes takes the register over four lanes.
func fourLanes(a uint64, p *[4 * laneSize]byte) uint64 {
	var b, c, d uint64
	for i := 0; i < laneSize; i += 8 {
		a = eightBytes.apply(a ^ binary.LittleEndian.Uint64(p[i:i+8]))
		b = eightBytes.apply(b ^ binary.LittleEndian.Uint64(p[i+laneSize:i+laneSize+8]))
		c = eightBytes.apply(c ^ binary.LittleEndian.Uint64(p[i+2*laneSize:i+2*laneSize+8]))
		d = eightBytes.apply(d ^ binary.LittleEndian.Uint64(p[i+3*laneSize:i+3*laneSize+8]))
	}
	return wholeLane.apply(wholeLane.apply(wholeLane.apply(a)^b)^c) ^ d
}
