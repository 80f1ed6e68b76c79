package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValidateNamesEveryProblem(t *testing.T) {
	q := queue{
		Author:   "nobody",
		Replaced: map[string]string{"a.go": "short", "kept.go": noBlob},
		Patches: []patch{
			{Name: "Bad Name", Removes: []string{"a.go", "unlisted.go"}},
			{
				Name: "second", Subject: "s", Description: "two\nlines", Bug: []string{"b"}, Forwarded: "no",
				LastUpdate: "2026-11-22", DropWhen: "d", Message: "Text.\n---\nMore text.\n", Removes: []string{"a.go"},
			},
		},
	}
	err := q.validate()
	for _, want := range []string{
		"upstream: missing",
		"author: not of the form",
		`replaced a.go: "short" is no full blob id`,
		"patch Bad Name: the name is not",
		"patch Bad Name: subject: missing",
		"patch Bad Name: bug: missing",
		"patch Bad Name: last-update",
		"patch second: description: more than one line",
		`patch second: message: a line starts with "---"`,
		"a.go is removed by 2 patches",
		"unlisted.go is removed by a patch but isn't listed",
		"kept.go is listed under replaced but no patch removes it",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestMatches(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"a/*.go", "a/b.go", true},
		{"a/*.go", "a/b/c.go", false},
		{"a/...", "a/b/c.go", true},
		{"a/...", "ab/c.go", false},
		{"a/b.go", "a/b.go", true},
	} {
		require.Equal(t, test.want, matches(test.pattern, test.name), "%s on %s", test.pattern, test.name)
	}
}
