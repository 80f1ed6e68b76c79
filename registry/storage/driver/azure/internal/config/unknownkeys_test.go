package config

import "testing"

func TestUnknownKeys(t *testing.T) {
	tests := map[string]string{
		"contianer":        "container",
		"Account_Name":     "accountname",
		"acountkey":        "accountkey",
		"chunk_size":       "chunksize",
		"maxretries":       "max_retries",
		"retry_budgt":      "retry_budget",
		"connectionstrng":  "connectionstring",
		"legacyrootperfix": "legacyrootprefix",
		"clientid":         "credentials.clientid",
		"secret":           "credentials.secret",
		"type":             "credentials.type",
		"prefix":           "",
		"x":                "",
		"":                 "",
		"storageclass":     "",
	}
	for key, closest := range tests {
		_, _, unknown, problems := parse(section(map[string]any{key: "any"}))
		if len(problems) != 0 {
			t.Errorf("%q: an unknown key is no error: %v", key, problems)
		}
		if len(unknown) != 1 || unknown[0].Closest != closest {
			t.Errorf("%q: got %v, want %q", key, unknown, closest)
		}
	}
	nested := map[string]string{
		"secrt":      "credentials.secret",
		"client_id":  "credentials.clientid",
		"accountkey": "accountkey",
		"password":   "",
	}
	for key, closest := range nested {
		_, _, unknown, _ := parse(section(map[string]any{"credentials": map[any]any{key: "any"}}))
		if len(unknown) != 1 || unknown[0] != (unknownKey{"credentials." + key, closest}) {
			t.Errorf("credentials.%s: got %v, want %q", key, unknown, closest)
		}
	}
	if _, warnings, err := Read(section(map[string]any{"useragent": "u", "REALM": "core.windows.net"})); err != nil || len(warnings) != 0 {
		t.Errorf("known keys: %v, %v", warnings, err)
	}
}

func TestEditDistance(t *testing.T) {
	tests := []struct {
		a, b string
		want int
	}{
		{"", "", 0},
		{"", "abc", 3},
		{"abc", "", 3},
		{"abc", "abc", 0},
		{"abc", "abd", 1},
		{"abc", "bc", 1},
		{"kitten", "sitting", 3},
	}
	for _, test := range tests {
		if got := editDistance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
