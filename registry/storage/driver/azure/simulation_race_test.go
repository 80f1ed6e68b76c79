//go:build race

package azure

// raceSlowness is how many times as long a run takes under the race detector.
const raceSlowness = 10
