package config

import (
	"testing"
	"time"
)

func TestRetriesAndSizes(t *testing.T) {
	type m = map[string]any
	tests := map[string]struct {
		changes  m
		want     func(Settings) bool
		warnings []string
	}{
		"no retries":       {m{"max_retries": -1}, func(s Settings) bool { return s.MaxRetries == 0 }, nil},
		"fewer than none":  {m{"max_retries": -7}, func(s Settings) bool { return s.MaxRetries == 0 }, nil},
		"default":          {m{"max_retries": 0}, func(s Settings) bool { return s.MaxRetries == 5 }, nil},
		"retries":          {m{"max_retries": 7}, func(s Settings) bool { return s.MaxRetries == 7 }, nil},
		"least chunk":      {m{"chunksize": 4 << 20}, func(s Settings) bool { return s.ChunkSize == 4<<20 }, nil},
		"largest chunk":    {m{"chunksize": "104857600"}, func(s Settings) bool { return s.ChunkSize == 100<<20 }, nil},
		"small chunk":      {m{"chunksize": 4<<20 - 1}, func(s Settings) bool { return s.ChunkSize == 4<<20 }, []string{"chunksize: 4194303 is not between 4194304 and 104857600 bytes; 4194304 is used"}},
		"large chunk":      {m{"chunksize": 100<<20 + 1}, func(s Settings) bool { return s.ChunkSize == 100<<20 }, []string{"chunksize: 104857601 is not between"}},
		"negative chunk":   {m{"chunksize": -1}, func(s Settings) bool { return s.ChunkSize == 4<<20 }, []string{"chunksize: -1 is not between"}},
		"unit":             {m{"chunksize": "16MiB"}, func(s Settings) bool { return s.ChunkSize == 16<<20 }, []string{`chunksize: expected a whole number, got "16MiB"; it is ignored`}},
		"memory":           {m{"uploadmemory": 64 << 20}, func(s Settings) bool { return s.UploadMemory == 64<<20 }, nil},
		"too little":       {m{"uploadmemory": 1 << 20}, func(s Settings) bool { return s.UploadMemory == 16<<20 }, []string{"uploadmemory: 1048576 is not between 16777216 and"}},
		"large chunks":     {m{"chunksize": 100 << 20}, func(s Settings) bool { return s.UploadMemory == 256<<20 }, nil},
		"expiry":           {m{"redirect_expiry": "1h"}, func(s Settings) bool { return s.RedirectExpiry == time.Hour }, nil},
		"long expiry":      {m{"redirect_expiry": "48h"}, func(s Settings) bool { return s.RedirectExpiry == 24*time.Hour }, []string{"redirect_expiry: 48h0m0s is not between 1m0s and 24h0m0s; 24h0m0s is used"}},
		"create container": {m{"create_container": true}, func(s Settings) bool { return s.CreateContainer }, nil},
		"endpoint":         {m{"redirectendpoint": "https://images.example.com/az/"}, func(s Settings) bool { return s.RedirectEndpoint == "https://images.example.com/az" }, nil},
		"bad endpoint":     {m{"redirectendpoint": "images.example.com"}, func(s Settings) bool { return s.RedirectEndpoint == "" }, []string{"redirectendpoint: not a URL"}},
		"flags": {
			m{"skipverify": "true", "legacyrootprefix": true, "rootdirectory": "r"},
			func(s Settings) bool { return s.SkipVerify && s.RootDirectory == "r" && s.LegacyRootPrefix }, nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, warnings, err := Read(section(test.changes))
			wantProblems(t, err)
			wantWarnings(t, warnings, test.warnings...)
			if !test.want(s) {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	keys := map[string]func(Settings) time.Duration{
		"max_retry_delay": func(s Settings) time.Duration { return s.MaxRetryDelay },
		"try_timeout":     func(s Settings) time.Duration { return s.TryTimeout },
		"retry_budget":    func(s Settings) time.Duration { return s.RetryBudget },
		"copy_timeout":    func(s Settings) time.Duration { return s.CopyTimeout },
		"redirect_expiry": func(s Settings) time.Duration { return s.RedirectExpiry },
	}
	defaults, _, _ := Read(section(nil))
	for key, get := range keys {
		s, warnings, err := Read(section(map[string]any{key: "1m30s"}))
		if err != nil || get(s) != 90*time.Second || len(warnings) != 0 {
			t.Errorf("%s: %v, %v", key, get(s), err)
		}
		for _, bad := range []any{"0s", "-1s", "10", 10, "1 minute", "s"} {
			s, warnings, err := Read(section(map[string]any{key: bad}))
			wantWarnings(t, warnings, key+": ")
			if err != nil || get(s) != get(defaults) {
				t.Errorf("%s: %v: %v, %v", key, bad, get(s), err)
			}
		}
	}
}

// TestRetryDelay: upstream's driver takes any duration, and sleeps none for what is below zero.
func TestRetryDelay(t *testing.T) {
	for text, want := range map[string]time.Duration{"0s": 0, "0": 0, "-1s": 0, "1m30s": 30 * time.Second, "2s": 2 * time.Second, "": 100 * time.Millisecond} {
		s, _, err := Read(section(map[string]any{"retry_delay": text}))
		if err != nil || s.RetryDelay != want || s.MaxRetryDelay != 30*time.Second {
			t.Errorf("%q: %v, %v", text, s.RetryDelay, err)
		}
	}
	for _, bad := range []any{"10", 10, "1 minute", "s"} {
		_, _, err := Read(section(map[string]any{"retry_delay": bad}))
		wantProblems(t, err, "retry_delay: ")
	}
	s, warnings, err := Read(section(map[string]any{"retry_delay": "2s", "max_retry_delay": "1s"}))
	wantWarnings(t, warnings, "retry_delay: 2s is longer than max_retry_delay, 1s, which is used")
	if err != nil || s.RetryDelay != time.Second {
		t.Errorf("%v, %v", s.RetryDelay, err)
	}
}
