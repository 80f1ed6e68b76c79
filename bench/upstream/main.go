// Command upstream is a replica of the registry with upstream's azure driver. It
// is the only place that may import that: both drivers have the same name.
package main

import (
	_ "github.com/distribution/distribution/v3/registry/storage/driver/azure"

	"github.com/distribution-azure/distribution/v3/bench/replica"
)

func main() { replica.Main() }
