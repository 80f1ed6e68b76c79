//go:build race

package azure

// The race detector makes each run take some ten times as long.
const (
	// simCountDefault is how many seeds TestSimulation runs.
	simCountDefault = 1_000
	// simReplays is how many seeds are run twice.
	simReplays = 30
)
