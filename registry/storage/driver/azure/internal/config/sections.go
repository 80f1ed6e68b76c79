package config

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"
)

const credentialsSection = "credentials"

// flatten brings the parameters to one level of lower-case keys, those of the section
// credentials as "credentials.key". As in upstream, keys are matched without regard to case,
// and one in lower case wins over others.
//
// The registry's parser can't know whether an underscore in a variable's name is part of a
// key: of CREDENTIALS_TYPE and MAX_RETRIES it makes sections, map[string]any where those of a
// file are map[any]any, and adds keys with the underscore.
func flatten(parameters map[string]any, found *findings) map[string]any {
	flat := make(map[string]any)
	var split []string // keys that hold what was split at "_"
	for _, key := range slices.Sorted(maps.Keys(parameters)) {
		name, value := strings.ToLower(key), parameters[key]
		_, sectioned := value.(map[string]any)
		if _, exact := parameters[name]; exact && key != name {
			continue
		}
		switch {
		case name == credentialsSection:
			flattenCredentials(flat, value, found)
		case sectioned:
			split = append(split, key)
		default:
			flat[name] = value
		}
	}
	for _, key := range split { // last, so that a variable wins over the file
		rejoin(flat, strings.ToLower(key), parameters[key])
	}
	for key, value := range flat {
		twin := strings.Replace(key, ".", "_", 1)
		if twin != key && reflect.DeepEqual(flat[twin], value) {
			delete(flat, twin)
		}
	}
	return flat
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
func flattenCredentials(flat map[string]any, value any, found *findings) {
	section, ok := entries(value)
	if !ok {
		// Not repeated: it may be a secret.
		found.reject(credentialsSection, "expected a mapping with the keys type, clientid, tenantid and secret")
	}
	for _, key := range slices.Sorted(maps.Keys(section)) {
		flat[credentialsSection+"."+strings.ToLower(key)] = section[key]
	}
}

// entries returns what a mapping holds under keys that are text, or false if the value is no
// mapping. A program may give a struct.
func entries(value any) (map[string]any, bool) {
	v := reflect.Indirect(reflect.ValueOf(value))
	section := make(map[string]any)
	switch {
	case !v.IsValid():
		return nil, true
	case v.Kind() == reflect.Map:
		for entry := v.MapRange(); entry.Next(); {
			key := entry.Key()
			if key.Kind() == reflect.Interface {
				key = key.Elem()
			}
			if key.Kind() == reflect.String {
				section[key.String()] = entry.Value().Interface()
			}
		}
	case v.Kind() == reflect.Struct:
		for field, value := range v.Fields() {
			if field.IsExported() && !value.IsZero() {
				section[cmp.Or(field.Tag.Get("mapstructure"), field.Name)] = value.Interface()
			}
		}
	default:
		return nil, false
	}
	return section, true
}
