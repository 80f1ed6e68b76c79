// Command ours is a replica of the registry with this project's azure driver.
package main

import (
	"github.com/distribution-azure/distribution/v3/bench/replica"
	_ "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

func main() { replica.Main() }
