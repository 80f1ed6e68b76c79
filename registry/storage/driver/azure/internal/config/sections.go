package config

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/mitchellh/mapstructure"
)

const credentialsSection = "credentials"

// flatten brings the parameters to one level of lower-case keys, those of the section
// credentials as "credentials.key". Upstream matches keys without regard to case, and where
// two differ only in that, the one in lower case wins.
//
// The registry's parser can't know whether an underscore in a variable's name is part of a
// key: of CREDENTIALS_TYPE and MAX_RETRIES it makes sections, map[string]any where those of a
// file are map[any]any, and adds keys with the underscore.
func flatten(parameters map[string]any) (map[string]any, []error) {
	flat := make(map[string]any)
	var problems []error
	var split []string // keys that hold what was split at "_"
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		name, value := strings.ToLower(key), parameters[key]
		if name == credentialsSection {
			if err := flattenCredentials(flat, value); err != nil {
				problems = append(problems, err)
			}
		} else if _, ok := value.(map[string]any); ok {
			split = append(split, key)
		} else {
			flat[name] = value
		}
	}
	for _, key := range split { // last, so that a variable wins over the file
		rejoin(flat, strings.ToLower(key), parameters[key])
	}
	if section, ok := parameters[credentialsSection].(map[string]any); ok {
		for key := range section {
			delete(flat, credentialsSection+"_"+key)
		}
	}
	return flat, problems
}

// rejoin undoes the splitting at "_".
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

// flattenCredentials adds the section credentials.
func flattenCredentials(flat map[string]any, value any) error {
	var section map[string]any
	if err := mapstructure.Decode(value, &section); err != nil {
		// Not wrapped: it may repeat the value.
		return errors.New("credentials: expected a mapping with the keys type, clientid, tenantid and secret")
	}
	for _, key := range slices.Sorted(maps.Keys(section)) {
		flat[credentialsSection+"."+strings.ToLower(key)] = section[key]
	}
	return nil
}
