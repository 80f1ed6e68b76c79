package config

import (
	"encoding/json"
	"math"
	"testing"
)

// TestTypes: every field takes what YAML, JSON or a Go program may have for it, and refuses
// the rest without repeating it.
func TestTypes(t *testing.T) {
	word := "images"
	tests := map[string]struct {
		key     string
		value   any
		want    func(Parameters) bool
		problem string
	}{
		"text":                {"container", "images", func(p Parameters) bool { return p.Container == "images" }, ""},
		"text, pointer":       {"container", &word, func(p Parameters) bool { return p.Container == "images" }, ""},
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
		"whole, fraction":     {"max_retries", 8.5, func(p Parameters) bool { return p.MaxRetries == 8 }, ""},
		"whole, infinite":     {"max_retries", math.Inf(1), func(p Parameters) bool { return p.MaxRetries > 1<<30 }, ""},
		"whole, uint too big": {"max_retries", uint64(math.MaxUint64), func(p Parameters) bool { return p.MaxRetries > 1<<30 }, ""},
		"whole, not a number": {"max_retries", math.NaN(), func(p Parameters) bool { return p.MaxRetries == defaultMaxRetries }, ""},
		"whole, words":        {"max_retries", "many", nil, `max_retries: expected a whole number, got "many"`},
		"whole, text too big": {"max_retries", "92233720368547758080", nil, `max_retries: expected a whole number, got "92233720368547758080"`},
		"whole, bool":         {"max_retries", true, nil, "max_retries: expected a whole number, got true or false"},
		"section is text":     {"credentials", "shared_key", nil, "credentials: expected a mapping"},
		"section is a list":   {"credentials", []any{"shared_key"}, nil, "credentials: expected a mapping"},
		"key is no text":      {"credentials", map[any]any{1: 2, "type": "shared_key"}, func(p Parameters) bool { return p.Credentials.Type == "shared_key" }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var found findings
			p, _ := parse(section(map[string]any{test.key: test.value}), &found)
			if test.problem != "" {
				wantProblems(t, found.err(), test.problem)
				return
			}
			wantProblems(t, found.err())
			if !test.want(*p) {
				t.Errorf("got %+v", *p)
			}
		})
	}
}
