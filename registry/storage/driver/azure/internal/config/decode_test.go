package config

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
)

// TestTypes: every field takes what YAML, JSON or a Go program may have for it, and refuses
// the rest without repeating it.
func TestTypes(t *testing.T) {
	word := "c2"
	tests := map[string]struct {
		key     string
		value   any
		want    func(Parameters) bool
		problem string
	}{
		"text":                {"container", "c2", func(p Parameters) bool { return p.Container == "c2" }, ""},
		"text, pointer":       {"container", &word, func(p Parameters) bool { return p.Container == "c2" }, ""},
		"text, int":           {"container", -83, func(p Parameters) bool { return p.Container == "-83" }, ""},
		"text, uint64":        {"container", uint64(math.MaxUint64), func(p Parameters) bool { return p.Container == "18446744073709551615" }, ""},
		"text, nothing":       {"realm", nil, func(p Parameters) bool { return p.Realm == defaultRealm }, ""},
		"text, nil pointer":   {"realm", (*string)(nil), func(p Parameters) bool { return p.Realm == defaultRealm }, ""},
		"text, float":         {"rootdirectory", 1e5, nil, "rootdirectory: expected text, got a number with a point or an exponent; put it in quotes"},
		"text, bool":          {"rootdirectory", true, nil, "rootdirectory: expected text, got true or false; put it in quotes"},
		"text, list":          {"rootdirectory", []any{"r"}, nil, "rootdirectory: expected text, got a list"},
		"text, mapping":       {"rootdirectory", map[any]any{"r": "s"}, nil, "rootdirectory: expected text, got a mapping"},
		"text, function":      {"rootdirectory", func() {}, nil, "rootdirectory: expected text, got something else"},
		"bool":                {"skipverify", true, func(p Parameters) bool { return p.SkipVerify }, ""},
		"bool, text":          {"skipverify", "true", func(p Parameters) bool { return p.SkipVerify }, ""},
		"bool, empty":         {"skipverify", "", func(p Parameters) bool { return !p.SkipVerify }, ""},
		"bool, number":        {"skipverify", 1, nil, "skipverify: expected true or false, got a number"},
		"whole, int64":        {"chunksize", int64(8 << 20), func(p Parameters) bool { return p.ChunkSize == 8<<20 }, ""},
		"whole, uint":         {"chunksize", uint(8 << 20), func(p Parameters) bool { return p.ChunkSize == 8<<20 }, ""},
		"whole, float64":      {"chunksize", float64(8 << 20), func(p Parameters) bool { return p.ChunkSize == 8<<20 }, ""},
		"whole, json.Number":  {"chunksize", json.Number("8388608"), func(p Parameters) bool { return p.ChunkSize == 8<<20 }, ""},
		"whole, empty":        {"chunksize", "", func(p Parameters) bool { return p.ChunkSize == 0 }, ""},
		"whole, fraction":     {"chunksize", 8.5, nil, "chunksize: expected a whole number, got a number with a point or an exponent"},
		"whole, not a number": {"chunksize", math.NaN(), nil, "chunksize: expected a whole number, got a number with"},
		"whole, infinite":     {"chunksize", math.Inf(1), nil, "chunksize: expected a whole number, got a number with"},
		"whole, uint too big": {"chunksize", uint64(math.MaxUint64), nil, "chunksize: expected a whole number, got a number"},
		"whole, words":        {"max_retries", "many", nil, `max_retries: expected a whole number, got "many"`},
		"whole, text too big": {"max_retries", "92233720368547758080", nil, `max_retries: expected a whole number, got "92233720368547758080"`},
		"whole, bool":         {"max_retries", true, nil, "max_retries: expected a whole number, got true or false"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p, _, _, problems := parse(section(map[string]any{test.key: test.value}))
			if test.problem != "" {
				wantProblems(t, errorOf(problems), test.problem)
				return
			}
			wantProblems(t, errorOf(problems))
			if !test.want(*p) {
				t.Errorf("got %+v", *p)
			}
		})
	}
}

// TestNumberTooLargeForThePlatform: max_retries is an int, which has 32 bits on some.
func TestNumberTooLargeForThePlatform(t *testing.T) {
	for n, fits := range map[int64]bool{math.MaxInt32: true, math.MinInt32: true, math.MaxInt32 + 1: false, math.MinInt32 - 1: false} {
		if got, err := whole(reflect.ValueOf(n), 32); (err == nil) != fits || fits && got != n {
			t.Errorf("%d: got %d, %v", n, got, err)
		}
	}
}
