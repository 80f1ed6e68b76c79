package config

import "testing"

func TestContainerNames(t *testing.T) {
	tests := map[string]struct{ problem, warning string }{
		"registry":                 {"", ""},
		"a-b-1":                    {"", ""},
		"$root":                    {"", ""},
		"/registry/":               {"", "container: the slashes around \"registry\" are left out"},
		"re":                       {"", "container: \"re\" is no name that Azure allows"},
		"my_registry":              {"", "is no name that Azure allows"},
		"a--b":                     {"", "is no name that Azure allows"},
		"-ab":                      {"", "is no name that Azure allows"},
		"":                         {"container: missing", ""},
		"/":                        {"container: missing", ""},
		"Registry":                 {"container: \"Registry\" has upper-case letters, which no container has: is \"registry\" meant?", ""},
		"registry/images":          {"container: \"registry/images\" has a slash in it", ""},
		`registry\images`:          {"has a slash in it", ""},
		"https://a.example/images": {"container: is a URL", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checkFindings(t, map[string]any{"container": name}, test.problem, test.warning)
		})
	}
}

func TestRootDirectories(t *testing.T) {
	tests := map[string]struct{ problem, warning string }{
		"":        {"", ""},
		"/a/b/":   {"", ""},
		"a..b/.c": {"", ""},
		".":       {"rootdirectory: \".\" ends in a dot", ""},
		"a/../b":  {"rootdirectory: \"..\" ends in a dot", ""},
		"/v1./b":  {"rootdirectory: \"v1.\" ends in a dot", ""},
		`a\b`:     {"", "rootdirectory: has a backslash in it"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			checkFindings(t, map[string]any{"rootdirectory": name}, test.problem, test.warning)
		})
	}
}

// checkFindings reads a complete section with changes, and expects one problem or warning, or
// none for an empty text.
func checkFindings(t *testing.T, changes map[string]any, problem, warning string) {
	t.Helper()
	_, warnings, err := Read(section(changes))
	var problems, texts []string
	if problem != "" {
		problems = append(problems, problem)
	}
	if warning != "" {
		texts = append(texts, warning)
	}
	wantProblems(t, err, problems...)
	wantWarnings(t, warnings, texts...)
}
