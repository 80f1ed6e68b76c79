package config

import (
	"maps"
	"slices"
	"strings"
)

// aliases are other registries' keys for ours, without "_": the code of GitLab's registry
// has them with it (registry/storage/driver/azure/common/parser.go), its documentation
// without.
var aliases = map[string]string{
	"credentialstype":    "credentials.type",
	"tenantid":           "credentials.tenantid",
	"clientid":           "credentials.clientid",
	"secret":             "credentials.secret",
	"retrytrytimeout":    "try_timeout",
	"debuglog":           "debug_log",
	"debuglogevents":     "debug_log_events",
	trimLegacyRootPrefix: "legacyrootprefix",
}

// trimLegacyRootPrefix means the opposite of its alias.
const trimLegacyRootPrefix = "trimlegacyrootprefix"

// replaced are keys, without "_", of other registries and of other places in the
// configuration, with what to do instead.
var replaced = map[string]string{
	"apipoolinitialinterval": "a copy is looked after in waits from retry_delay to max_retry_delay",
	"apipoolmaxinterval":     "a copy is looked after in waits from retry_delay to max_retry_delay",
	"apipoolmaxelapsedtime":  "copy_timeout takes its place",
	"redirect":               "it belongs into storage, beside azure",
	"delete":                 "it belongs into storage, beside azure",
	"cache":                  "it belongs into storage, beside azure",
	"maintenance":            "it belongs into storage, beside azure",
	"tag":                    "it belongs into storage, beside azure",
}

// warnUnknown says that a key means nothing, and what might be meant.
func warnUnknown[V any](key string, value any, known map[string]V, found *findings) {
	if key == "name" && (value == "azure" || value == "azure_v2") { // an embedder's way to choose the driver, as zot's
		return
	}
	text := "unknown parameter storage.azure." + key + " is ignored"
	if instead := replaced[strings.ReplaceAll(key, "_", "")]; instead != "" {
		text += ": " + instead
	} else if meant := closest(key, slices.Sorted(maps.Keys(known))); meant != "" {
		text += ": is " + meant + " meant?"
	}
	found.warnings = append(found.warnings, Warning{key, text})
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
