package azure

import "hash/crc64"

// azurePolynomial is that of x-ms-content-crc64 (REST: "Append Block"), also
// known as CRC-64/NVME.
const azurePolynomial = 0x9A6C9329AC4BC9B5

var crc64Table = crc64.MakeTable(azurePolynomial)

// BlockChecksum computes the CRC64 that each block of an upload carries, so that
// the service refuses a block which was damaged on the way.
//
// The standard library's is portable and takes most of a second of CPU for each
// GiB. A binary that has a faster function for the same values can put it here
// in an init function: the driver calls it concurrently, and never changes it.
var BlockChecksum = func(block []byte) uint64 { return crc64.Checksum(block, crc64Table) }
