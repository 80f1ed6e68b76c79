package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArguments(t *testing.T) {
	files := map[string]bool{
		"/etc/distribution/config.yml": true,
		"/run/secrets/registry-config": true,
		"serve":                        true,
	}
	exists := func(name string) bool { return files[name] }

	for name, test := range map[string]struct{ given, want []string }{
		"nothing":                         {nil, nil},
		"distribution/distribution":       {[]string{"serve", "/etc/distribution/config.yml"}, []string{"serve", "/etc/distribution/config.yml"}},
		"registry:3":                      {[]string{"/etc/distribution/config.yml"}, []string{"serve", "/etc/distribution/config.yml"}},
		"a configuration that is missing": {[]string{"/etc/other.yaml"}, []string{"serve", "/etc/other.yaml"}},
		"a configuration without suffix":  {[]string{"/run/secrets/registry-config"}, []string{"serve", "/run/secrets/registry-config"}},
		"a path to nothing":               {[]string{"/run/secrets/absent"}, []string{"/run/secrets/absent"}},
		"the program's name first":        {[]string{"registry", "serve", "c.yml"}, []string{"serve", "c.yml"}},
		"the program's path first":        {[]string{"/bin/registry", "c.yml"}, []string{"serve", "c.yml"}},
		"another subcommand":              {[]string{"garbage-collect", "--dry-run", "c.yml"}, []string{"garbage-collect", "--dry-run", "c.yml"}},
		"a flag":                          {[]string{"--version"}, []string{"--version"}},
		"a flag that ends like a file":    {[]string{"--config=c.yml"}, []string{"--config=c.yml"}},
		"a file named like a subcommand":  {[]string{"serve"}, []string{"serve"}},
		"more arguments are kept":         {[]string{"c.yml", "--flag"}, []string{"serve", "c.yml", "--flag"}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, append([]string{}, test.want...), append([]string{}, arguments(test.given, exists)...))
		})
	}
}

func TestArgumentsLeavesTheCallersSliceAlone(t *testing.T) {
	given := []string{"config.yml", "second"}
	arguments(given, func(string) bool { return false })[0] = "changed"
	require.Equal(t, []string{"config.yml", "second"}, given)
}
