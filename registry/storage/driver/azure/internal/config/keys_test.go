package config

import (
	"strings"
	"testing"
)

func TestUnknownKeys(t *testing.T) {
	tests := map[string]string{
		"contianer":        "is container meant?",
		"Account_Name":     "is accountname meant?",
		"acountkey":        "is accountkey meant?",
		"chunk_size":       "is chunksize meant?",
		"maxretries":       "is max_retries meant?",
		"retry_budgt":      "is retry_budget meant?",
		"connectionstrng":  "is connectionstring meant?",
		"legacyrootperfix": "is legacyrootprefix meant?",
		"client-id":        "is credentials.clientid meant?",
		"type":             "is credentials.type meant?",
		"prefix":           "",
		"x":                "",
		"":                 "",
		"storageclass":     "",

		"api_pool_initial_interval": "a copy is looked after in waits from retry_delay",
		"apipoolmaxinterval":        "a copy is looked after in waits from retry_delay",
		"API_pool_max_elapsed_time": "copy_timeout takes its place",
		"redirect":                  "it belongs into storage, beside azure",
		"name":                      "",
	}
	for key, meant := range tests {
		_, warnings, err := Read(section(map[string]any{key: "any"}))
		if err != nil {
			t.Errorf("%q: an unknown key is no error: %v", key, err)
		}
		wantUnknown(t, warnings, key, meant)
	}
	nested := map[string]string{
		"secrt":      "is credentials.secret meant?",
		"client_id":  "is credentials.clientid meant?",
		"accountkey": "is accountkey meant?",
		"password":   "",
	}
	for key, meant := range nested {
		_, warnings, _ := Read(section(map[string]any{"credentials": map[any]any{key: "any"}}))
		wantUnknown(t, warnings, "credentials."+key, meant)
	}
	for _, driver := range []string{"azure", "azure_v2"} {
		known := map[string]any{"useragent": "u", "REALM": "core.windows.net", "name": driver}
		if _, warnings, err := Read(section(known)); err != nil || len(warnings) != 0 {
			t.Errorf("known keys: %v, %v", warnings, err)
		}
	}
}

func wantUnknown(t *testing.T, warnings []Warning, key, meant string) {
	t.Helper()
	text := "unknown parameter storage.azure." + strings.ToLower(key) + " is ignored"
	if meant != "" {
		text += ": " + meant
	}
	wantWarnings(t, warnings, text)
	if meant == "" && len(warnings) == 1 && warnings[0].Text != text {
		t.Errorf("%q suggests something", warnings[0].Text)
	}
}

// TestGitLabsKeys: a configuration of GitLab's registry means here what it means there.
func TestGitLabsKeys(t *testing.T) {
	type m = map[string]any
	principal := m{"credentials_type": "client_secret", "tenant_id": "t", "client_id": "i", "secret": "s"}
	tests := map[string]struct {
		given    m
		want     func(Settings) bool
		warnings []string
	}{
		"service principal": {principal, func(s Settings) bool {
			return s.Credentials == ClientSecret && s.ClientID == "i" && s.TenantID == "t" && s.Secret == "s"
		}, nil},
		"documentation's spelling": {
			m{"credentialstype": "client_secret", "tenantid": "t", "clientid": "i", "secret": "s"},
			func(s Settings) bool { return s.Credentials == ClientSecret && s.ClientID == "i" }, nil,
		},
		"identity":          {m{"credentials_type": "default_credentials"}, func(s Settings) bool { return s.Credentials == AmbientIdentity }, nil},
		"key, no type":      {m{"accountkey": testKey}, func(s Settings) bool { return s.Credentials == SharedKey }, nil},
		"trimmed":           {m{"trimlegacyrootprefix": true}, func(s Settings) bool { return !s.LegacyRootPrefix }, nil},
		"not trimmed":       {m{"trimlegacyrootprefix": false}, func(s Settings) bool { return s.LegacyRootPrefix }, nil},
		"not trimmed, text": {m{"trimlegacyrootprefix": "false"}, func(s Settings) bool { return s.LegacyRootPrefix }, nil},
		"neither":           {nil, func(s Settings) bool { return !s.LegacyRootPrefix }, nil},
		"both": {
			m{"trimlegacyrootprefix": false, "legacyrootprefix": false}, func(s Settings) bool { return !s.LegacyRootPrefix },
			[]string{"trimlegacyrootprefix: ignored, since legacyrootprefix is given"},
		},
		"ours win": {
			m{"credentials_type": "client_secret", "credentials": m{"type": "default"}}, func(s Settings) bool { return s.Credentials == AmbientIdentity },
			[]string{"credentials_type: ignored, since credentials.type is given"},
		},
		"retries": {
			m{"retry_try_timeout": "7s", "max_retries": -1, "retry_delay": "-1s", "max_retry_delay": "9s"},
			func(s Settings) bool {
				return s.TryTimeout == 7e9 && s.MaxRetries == 0 && s.RetryDelay == 0 && s.MaxRetryDelay == 9e9
			}, nil,
		},
		"log": {
			m{"debug_log": true, "debug_log_events": "Request,ResponseError,longRunningOperation"},
			func(s Settings) bool { return strings.Join(s.DebugLog, " ") == "request responseError" }, nil,
		},
		"log of everything": {m{"debuglog": true}, func(s Settings) bool { return len(s.DebugLog) == 4 }, nil},
		"log, other event":  {m{"debug_log": true, "debug_log_events": "all"}, func(s Settings) bool { return len(s.DebugLog) == 4 }, []string{`"all" is not one of`}},
		"no log":            {m{"debug_log": false, "debug_log_events": "request"}, func(s Settings) bool { return s.DebugLog == nil }, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, warnings, err := Read(section(test.given))
			if err != nil || !test.want(s) {
				t.Errorf("%+v, %v", s, err)
			}
			wantWarnings(t, warnings, test.warnings...)
		})
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
