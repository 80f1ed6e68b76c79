//go:build !race

package azure

const (
	// simCountDefault is how many seeds TestSimulation runs.
	simCountDefault = 10_000
	// simReplays is how many seeds are run twice.
	simReplays = 300
)
