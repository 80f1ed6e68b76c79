//go:build race

package appendlog

const raceDetector = 1
