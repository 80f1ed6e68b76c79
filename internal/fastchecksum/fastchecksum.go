// Package fastchecksum lets the azure driver compute the checksums of blocks with
// the processor's carry-less multiplication, where it has one: some twenty times
// faster than the standard library. It is a package of its own, and not a part of
// the driver, because the driver uses no module that upstream doesn't require.
//
// A command imports it for its effect alone.
package fastchecksum

import (
	"github.com/minio/crc64nvme"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

func init() { azure.BlockChecksum = crc64nvme.Checksum }
