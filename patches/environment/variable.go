package configuration

import (
	"fmt"
	"maps"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v2"
)

// decodeVariable sets value to what the text of an environment variable says,
// as yaml.Unmarshal would. But a variable isn't a file: nobody quotes a
// password in it. What YAML would change about a text isn't changed.
func decodeVariable(text string, value reflect.Value) error {
	err := yaml.Unmarshal([]byte(text), value.Addr().Interface())
	plain, isPlain := plainText(text)
	switch {
	case !isPlain:
	case value.Type() == reflect.TypeFor[string]():
		value.SetString(plain)
		return nil
	case value.Kind() == reflect.Interface && value.NumMethod() == 0 && (err != nil || !faithful(plain, value.Interface())):
		value.Set(reflect.ValueOf(plain))
		return nil
	}
	return err
}

// plainText is text as it stands, without the white space around it, unless it
// was quoted by somebody who knows that it is read as YAML.
func plainText(text string) (plain string, ok bool) {
	plain = strings.TrimSpace(text)
	var quoted string
	if strings.HasPrefix(plain, `"`) || strings.HasPrefix(plain, "'") || strings.ContainsAny(plain, "\n") {
		return plain, yaml.Unmarshal([]byte(text), &quoted) != nil && !strings.ContainsAny(plain, "\n")
	}
	return plain, true
}

// faithful tells whether text is the way to write what YAML made of it. An
// account named 0123 is not the number 83, nor is version 1.10 the number 1.1.
func faithful(text string, value any) bool {
	switch value := value.(type) {
	case int:
		return strconv.Itoa(value) == text
	case float64, int64, uint64:
		return false
	case string:
		return value == text
	case nil:
		return text == "" || text == "~" || strings.EqualFold(text, "null")
	default:
		return true // a switch, a list, a section
	}
}

// joinImplied settles what an underscore in a variable's name was, which may
// stand between a section and its key or be part of a key. Where nothing in a
// file told, the name made sections. To them this adds the keys that have the
// underscore in them: whoever reads parameters looks for the one that it knows.
func joinImplied[K comparable](parameters map[K]any) {
	for key, value := range maps.Clone(parameters) {
		switch section := value.(type) {
		case map[any]any: // of a file
			joinImplied(section)
		case map[string]any: // of a variable's name
			joinImplied(section)
			for name, value := range section {
				joined := any(fmt.Sprint(key, "_", name)).(K)
				if _, given := parameters[joined]; !given {
					parameters[joined] = value
				}
			}
		}
	}
}
