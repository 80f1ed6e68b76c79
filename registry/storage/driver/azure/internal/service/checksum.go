package service

import "hash/crc64"

// azurePolynomial is that of x-ms-content-crc64 (REST: "Append Block"), also
// known as CRC-64/NVME.
const azurePolynomial = 0x9A6C9329AC4BC9B5

var crc64Table = crc64.MakeTable(azurePolynomial)

func crc64Of(block []byte) uint64 { return crc64.Checksum(block, crc64Table) }
