package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Value is what one key is set to, and who said so.
type Value struct {
	Key  string `json:"key"`
	Text string `json:"value"` // never a secret
	From string `json:"from"`  // "file", "environment" or "default"
}

// Where values come from.
const (
	fromFile        = "file"
	fromEnvironment = "environment"
	fromDefault     = "default"
)

// environmentPrefix is how the variables begin that set keys of the section.
const environmentPrefix = "REGISTRY_STORAGE_AZURE_"

// secrets are the keys whose values are never shown.
var secrets = []string{"accountkey", "connectionstring", "credentials.secret"}

// Values lists the keys that are given and those with a default. parameters is the section
// as the registry has it, file what of it stands in the file, and environ the environment as
// "NAME=value".
func Values(parameters, file map[string]any, environ []string) []Value {
	var ignored findings
	p, _ := parse(parameters, &ignored)
	s := p.interpret(&ignored)
	given, inFile := canonicalKeys(parameters), canonicalKeys(file)
	defaults := s.defaults()
	var values []Value
	for key, field := range p.fields() {
		from, text := fromDefault, defaults[key]
		switch {
		case given[key] && (setBy(environ, key) || !inFile[key]):
			from, text = fromEnvironment, shown(key, field)
		case given[key]:
			from, text = fromFile, shown(key, field)
		case text == "":
			continue
		}
		values = append(values, Value{key, text, from})
	}
	slices.SortFunc(values, func(a, b Value) int { return strings.Compare(a.Key, b.Key) })
	return values
}

// defaults are the values of keys that aren't given.
func (s Settings) defaults() map[string]string {
	return map[string]string{
		"serviceurl": s.ServiceURL, "max_retries": fmt.Sprint(s.MaxRetries), "retry_delay": s.RetryDelay.String(),
		"max_retry_delay": s.MaxRetryDelay.String(), "try_timeout": s.TryTimeout.String(), "retry_budget": s.RetryBudget.String(),
		"copy_timeout": s.CopyTimeout.String(), "chunksize": fmt.Sprint(s.ChunkSize), "uploadmemory": fmt.Sprint(s.UploadMemory),
		"redirect_expiry": s.RedirectExpiry.String(), "legacyrootprefix": "false", "create_container": "false", "skipverify": "false",
	}
}

// canonicalKeys are the keys that a section gives, by their own names.
func canonicalKeys(section map[string]any) map[string]bool {
	var ignored findings
	fields := new(Parameters).fields()
	keys := map[string]bool{}
	for key := range maps.Keys(flatten(section, &ignored)) {
		keys[canonical(key, fields)] = true
	}
	return keys
}

// canonical is the name of the parameter that is given under a key, nothing if there is none.
func canonical(key string, fields map[string]any) string {
	if _, known := fields[key]; known {
		return key
	}
	return aliases[strings.ReplaceAll(key, "_", "")]
}

// setBy reports whether a variable sets the key. Underscores stand in its name for points,
// and between words as in the key or not.
func setBy(environ []string, key string) bool {
	plain := strings.NewReplacer(".", "", "_", "").Replace(key)
	for _, variable := range environ {
		name, _, _ := strings.Cut(variable, "=")
		rest, ours := strings.CutPrefix(name, environmentPrefix)
		if ours && strings.ToLower(strings.ReplaceAll(rest, "_", "")) == plain {
			return true
		}
	}
	return false
}

// harmless is what a value looks like that is no secret somebody put in the wrong place.
var harmless = regexp.MustCompile(`^[\w.$:/%,\[\]-]*$`)

// shown is a value as it may be seen by anybody.
func shown(key string, field any) string {
	var text string
	switch field := field.(type) {
	case *string:
		text = *field
	case *bool:
		text = fmt.Sprint(*field)
	case *int:
		text = fmt.Sprint(*field)
	case *int64:
		text = fmt.Sprint(*field)
	}
	switch {
	case text == "":
		return "(empty)"
	case slices.Contains(secrets, key), !harmless.MatchString(text):
		return "(not shown)"
	}
	return text
}
