//go:build !race

package azure

const raceSlowness = 1
