package config

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/mitchellh/mapstructure"
	"go.yaml.in/yaml/v2"
)

// Upstream's configuration parser (configuration/parser.go) overlays the environment onto
// the file before a driver sees either. This file mends what it loses on the way:
//
//   - It splits variable names at every "_", so REGISTRY_STORAGE_AZURE_MAX_RETRIES=7 arrives
//     as max: {retries: 7}, next to any max_retries of the file.
//   - It skips maps whose keys aren't typed as strings, which is what YAML makes of a section
//     credentials in the file: REGISTRY_STORAGE_AZURE_CREDENTIALS_SECRET is then ignored with
//     a warning.
//   - It reads values as YAML, so that an account key of nothing but digits arrives as a
//     number, without its leading zeros.

const (
	environmentPrefix  = "REGISTRY_STORAGE_AZURE_"
	credentialsSection = "credentials"
)

// environment looks up a variable by its name, like os.LookupEnv.
type environment func(name string) (string, bool)

func noEnvironment(string) (string, bool) { return "", false }

// variable returns the text of the variable for key.
func (env environment) variable(key string) (string, bool) {
	return env(environmentPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_")))
}

// asWritten returns value, or the text it was made of if that can be known: when value is no
// text, and it is what YAML reads in the variable for key.
func (env environment) asWritten(key string, value any) any {
	written, ok := env.variable(key)
	if !ok {
		return value
	}
	var read any
	if err := yaml.Unmarshal([]byte(written), &read); err != nil || !reflect.DeepEqual(read, value) {
		return value
	}
	switch read.(type) {
	case int, int64, uint64, float64, bool:
		return strings.TrimSpace(written)
	}
	return value
}

// flatten brings the parameters to one level of lower-case keys, those of the section
// credentials as "credentials.key". Upstream matches keys without regard to case, and where
// two differ only in that, the one in lower case wins: the environment's are.
func flatten(parameters map[string]any, env environment) (map[string]any, []error) {
	flat := make(map[string]any)
	var problems []error
	var split []string // keys that hold what was split at "_"
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		name, value := strings.ToLower(key), parameters[key]
		if name == credentialsSection {
			if err := flattenCredentials(flat, value, env); err != nil {
				problems = append(problems, err)
			}
		} else if _, ok := value.(map[string]any); ok {
			split = append(split, key)
		} else {
			flat[name] = value
		}
	}
	for _, key := range split { // last, so that the environment wins over the file
		rejoin(flat, strings.ToLower(key), parameters[key])
	}
	return flat, problems
}

// rejoin undoes the splitting at "_". Only the environment makes maps of this type; those of
// a YAML file are map[any]any.
func rejoin(flat map[string]any, name string, value any) {
	parts, ok := value.(map[string]any)
	if !ok {
		flat[name] = value
		return
	}
	for key, part := range parts {
		rejoin(flat, name+"_"+strings.ToLower(key), part)
	}
}

// flattenCredentials adds the section credentials, with the environment on top if the
// parser couldn't put it there.
func flattenCredentials(flat map[string]any, value any, env environment) error {
	var section map[string]any
	if err := mapstructure.Decode(value, &section); err != nil {
		// Not wrapped: it may repeat the value.
		return errors.New("credentials: expected a mapping with the keys type, clientid, tenantid and secret")
	}
	for _, key := range slices.Sorted(maps.Keys(section)) {
		flat[credentialsSection+"."+strings.ToLower(key)] = section[key]
	}
	if _, fromFile := value.(map[any]any); fromFile {
		for _, key := range []string{"type", "clientid", "tenantid", "secret"} {
			name := credentialsSection + "." + key
			if written, ok := env.variable(name); ok {
				flat[name] = textOf(written)
			}
		}
	}
	return nil
}

// textOf returns what a variable says, without the quotes that somebody may have put around
// it knowing that the other variables are read as YAML.
func textOf(written string) string {
	var read any
	if err := yaml.Unmarshal([]byte(written), &read); err == nil {
		if text, ok := read.(string); ok {
			return text
		}
	}
	return written
}
