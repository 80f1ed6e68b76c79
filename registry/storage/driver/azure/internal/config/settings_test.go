package config

import (
	"testing"
	"time"
)

func TestRetriesAndSizes(t *testing.T) {
	tests := map[string]struct {
		changes  map[string]any
		want     func(Settings) bool
		problems []string
	}{
		"no retries":     {map[string]any{"max_retries": -1}, func(s Settings) bool { return s.MaxRetries == 0 }, nil},
		"default":        {map[string]any{"max_retries": 0}, func(s Settings) bool { return s.MaxRetries == 5 }, nil},
		"retries":        {map[string]any{"max_retries": 7}, func(s Settings) bool { return s.MaxRetries == 7 }, nil},
		"below none":     {map[string]any{"max_retries": -2}, nil, []string{"max_retries: -2"}},
		"least chunk":    {map[string]any{"chunksize": 4 << 20}, func(s Settings) bool { return s.ChunkSize == 4<<20 }, nil},
		"largest chunk":  {map[string]any{"chunksize": "104857600"}, func(s Settings) bool { return s.ChunkSize == 100<<20 }, nil},
		"small chunk":    {map[string]any{"chunksize": 4<<20 - 1}, nil, []string{"chunksize: 4194303 is not between"}},
		"large chunk":    {map[string]any{"chunksize": 100<<20 + 1}, nil, []string{"chunksize: 104857601 is not between"}},
		"negative chunk": {map[string]any{"chunksize": -1}, nil, []string{"chunksize: -1 is not between"}},
		"unit":           {map[string]any{"chunksize": "16MiB"}, nil, []string{`chunksize: expected a whole number, got "16MiB"`}},
		"flags": {
			map[string]any{"skipverify": "true", "legacyrootprefix": true, "rootdirectory": "r"},
			func(s Settings) bool { return s.SkipVerify && s.RootDirectory == "r" && s.LegacyRootPrefix }, nil,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s, _, err := Read(section(test.changes))
			wantProblems(t, err, test.problems...)
			if test.want != nil && !test.want(s) {
				t.Errorf("got %+v", s)
			}
		})
	}
}

func TestDurations(t *testing.T) {
	keys := map[string]func(Settings) time.Duration{
		"retry_delay":     func(s Settings) time.Duration { return s.RetryDelay },
		"max_retry_delay": func(s Settings) time.Duration { return s.MaxRetryDelay },
		"try_timeout":     func(s Settings) time.Duration { return s.TryTimeout },
		"retry_budget":    func(s Settings) time.Duration { return s.RetryBudget },
		"copy_timeout":    func(s Settings) time.Duration { return s.CopyTimeout },
	}
	for key, get := range keys {
		s, _, err := Read(section(map[string]any{key: "1m30s"}))
		if err != nil || get(s) != 90*time.Second {
			t.Errorf("%s: %v, %v", key, get(s), err)
		}
		for _, bad := range []any{"0s", "-1s", "10", 10, "1 minute", "s"} {
			_, _, err := Read(section(map[string]any{key: bad}))
			wantProblems(t, err, key+": ")
		}
	}
}

// TestLongRetryDelay: a retry_delay over the default of max_retry_delay raises that, and one
// over an explicit max_retry_delay is a mistake.
func TestLongRetryDelay(t *testing.T) {
	s, _, err := Read(section(map[string]any{"retry_delay": "1m"}))
	if err != nil || s.MaxRetryDelay != time.Minute {
		t.Errorf("max_retry_delay is %v, %v", s.MaxRetryDelay, err)
	}
	_, _, err = Read(section(map[string]any{"retry_delay": "2s", "max_retry_delay": "1s"}))
	wantProblems(t, err, "max_retry_delay: 1s is less than retry_delay, 2s")
}
