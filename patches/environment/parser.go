package configuration

import (
	"reflect"
	"strings"

	"github.com/sirupsen/logrus"
)

func (p *Parser) overwriteMap(m reflect.Value, fullpath string, path []string, payload string) error {
	if kind := m.Type().Key().Kind(); kind != reflect.String && m.Type().Key() != reflect.TypeFor[any]() {
		logrus.Warnf("Ignoring environment variable %s involving map with non-string keys", fullpath)
		return nil
	}

	// The longest key that is there already is the one that is meant.
	for n := len(path); n > 0; n-- {
		if key, found := findKey(m, path[:n]); found && (n == len(path) || isSection(m.MapIndex(key))) {
			return p.overwriteKey(m, key, fullpath, path[n:], payload)
		}
	}

	key := reflect.ValueOf(keyOf(path[:1])).Convert(m.Type().Key())
	return p.overwriteKey(m, key, fullpath, path[1:], payload)
}

// overwriteKey sets what m has at key, or at path below it.
func (p *Parser) overwriteKey(m, key reflect.Value, fullpath string, path []string, payload string) error {
	value := reflect.New(m.Type().Elem()).Elem()
	if len(path) == 0 {
		if err := decodeVariable(payload, value); err != nil {
			return err
		}
		// Drivers look for keys in lower case, however the file wrote them.
		m.SetMapIndex(key, reflect.Value{})
		key = reflect.ValueOf(strings.ToLower(keyText(key))).Convert(m.Type().Key())
		m.SetMapIndex(key, value)
		return nil
	}
	if existing := m.MapIndex(key); isSection(existing) || isImplied(existing) {
		value.Set(existing)
	} else if value.Kind() == reflect.Map {
		value.Set(reflect.MakeMap(value.Type()))
	} else if value.Kind() == reflect.Pointer {
		value.Set(reflect.New(value.Type().Elem()))
	}
	if err := p.overwriteFields(value, fullpath, path, payload); err != nil {
		return err
	}
	m.SetMapIndex(key, value)
	return nil
}

// findKey returns the key of m that a part of a variable's name stands for.
func findKey(m reflect.Value, path []string) (key reflect.Value, found bool) {
	for _, key := range m.MapKeys() {
		if strings.EqualFold(keyText(key), keyOf(path)) {
			return key, true
		}
	}
	return reflect.Value{}, false
}

// keyOf returns the key that a part of a variable's name stands for.
func keyOf(path []string) string { return strings.ToLower(strings.Join(path, "_")) }

// keyText returns a key as text, empty if it isn't one.
func keyText(key reflect.Value) string {
	if key.Kind() == reflect.Interface {
		key = key.Elem()
	}
	if key.Kind() != reflect.String {
		return ""
	}
	return key.String()
}

// isImplied tells whether v is a section that only a variable's name made. The
// sections of a file are of another type.
func isImplied(v reflect.Value) bool {
	return v.IsValid() && v.Kind() == reflect.Interface && !v.IsNil() && v.Elem().Type() == reflect.TypeFor[map[string]any]()
}

// isSection tells whether v has keys or elements, and was given them by a file.
func isSection(v reflect.Value) bool {
	if !v.IsValid() || isImplied(v) {
		return false
	}
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Map, reflect.Pointer:
		return !v.IsNil()
	case reflect.Slice, reflect.Struct:
		return true
	default:
		return false
	}
}
