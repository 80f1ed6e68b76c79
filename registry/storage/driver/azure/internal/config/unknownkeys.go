package config

import (
	"maps"
	"slices"
	"strings"
)

// unknownKey is a key of the configuration that means nothing to this driver.
type unknownKey struct {
	Key     string // in lower case; keys of the section credentials as credentials.key
	Closest string // the known key that was probably meant, or empty
}

// warnUnknown names the keys that mean nothing.
func warnUnknown(unknown []unknownKey) []Warning {
	var warnings []Warning
	for _, key := range unknown {
		text := "unknown parameter storage.azure." + key.Key + " is ignored"
		if key.Closest != "" {
			text += ": is " + key.Closest + " meant?"
		}
		warnings = append(warnings, Warning{Key: key.Key, Text: text})
	}
	return warnings
}

// findUnknown returns the keys of given that are not in known, sorted.
func findUnknown[V, W any](given map[string]V, known map[string]W) []unknownKey {
	var unknown []unknownKey
	candidates := slices.Sorted(maps.Keys(known))
	for _, key := range slices.Sorted(maps.Keys(given)) {
		if _, ok := known[key]; !ok {
			unknown = append(unknown, unknownKey{Key: key, Closest: closest(key, candidates)})
		}
	}
	return unknown
}

// closest returns the candidate with the fewest differing letters, or nothing if more than a
// third of the letters differ. It takes no account of the section, which may be the mistake.
func closest(key string, candidates []string) string {
	name := strings.TrimPrefix(key, credentialsSection+".")
	best, fewest := "", len(name)/3+1
	for _, candidate := range candidates {
		distance := editDistance(name, strings.TrimPrefix(candidate, credentialsSection+"."))
		if distance < fewest {
			best, fewest = candidate, distance
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete or replace to make b of a.
func editDistance(a, b string) int {
	previous := make([]int, len(b)+1) // distances of a[:i] to each b[:j]
	for j := range previous {
		previous[j] = j
	}
	current := make([]int, len(b)+1)
	for i := range len(a) {
		current[0] = i + 1
		for j := range len(b) {
			replace := previous[j]
			if a[i] != b[j] {
				replace++
			}
			current[j+1] = min(replace, previous[j+1]+1, current[j]+1)
		}
		previous, current = current, previous
	}
	return previous[len(b)]
}
