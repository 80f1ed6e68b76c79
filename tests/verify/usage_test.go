package verify

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWrongCommandLineIsNoFinding is about exit code 1, which says that something
// was found: a mistyped flag must not.
func TestWrongCommandLineIsNoFinding(t *testing.T) {
	for _, args := range [][]string{
		{"verify", "--nonesuch", "config.yml"},
		{"verify", "--quick", "--full", "config.yml"},
		{"verify", "config.yml", "another.yml"},
		{"verify", "--concurrency", "many", "config.yml"},
		{"verify", "--concurrency", "0", "config.yml"},
		{"verify", "nonesuch.yml"},
		{"repair", "--nonesuch", "config.yml"},
		{"repair", "--undo", "record", "--apply", "config.yml"},
		{"repair", "--from", "report", "--full", "config.yml"},
		{"repair", "config.yml", "another.yml"},
	} {
		o := registry(t, args...)
		require.Equal(t, 2, o.code, args)
		require.Empty(t, o.stdout, args)
		require.NotEmpty(t, o.stderr, args)
	}
	require.Equal(t, 0, registry(t, "verify", "--help").code)
}

// TestReportOrRecordWithoutANameIsRefused has what a script makes of a variable that
// isn't set: everything that a run of its own finds was repaired.
func TestReportOrRecordWithoutANameIsRefused(t *testing.T) {
	for _, flag := range []string{"--from", "--undo"} {
		o := registry(t, "repair", flag, "", "config.yml")
		require.Equal(t, 2, o.code)
		require.Contains(t, o.stderr, flag)
	}
}
