package doctor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

func TestConfigurationFile(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]struct {
		text string
		says []string
	}{
		"no YAML":         {"version: 0.1\nstorage: [azure\n", []string{"line 2", "serve can't read"}},
		"a secret in it":  {"version: 0.1\nstorage: {azure: {container: c}}\nhttp: a-secret-text\n", []string{"`...`"}},
		"no version":      {"storage: {azure: {container: c}}\n", []string{"version"}},
		"no storage":      {"version: 0.1\nhttp: {secret: s}\n", []string{"no storage configuration"}},
		"another storage": {"version: 0.1\nstorage: {filesystem: {rootdirectory: /tmp}}\n", []string{"storage is filesystem", "put the section azure"}},
		"two storages":    {"version: 0.1\nstorage: {azure: {container: c}, inmemory: {}}\n", []string{"storage"}},
		"empty":           {"", []string{"version"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "config.yml")
			require.NoError(t, os.WriteFile(file, []byte(b.text), 0o600))
			r := run(t, nil, file)
			require.Equal(t, 2, r.code)
			require.Regexp(t, `(?m)^configuration file +failed`, r.stdout)
			for _, text := range b.says {
				require.Contains(t, r.stdout, text)
			}
			require.NotContains(t, r.stdout, "a-secret-text")
			require.Empty(t, r.stderr)
		})
	}
	r := run(t, nil, filepath.Join(t.TempDir(), "nonesuch.yml"))
	require.Equal(t, 2, r.code)
	require.Contains(t, r.stdout, "no such file")
}

func TestWrongCommandLine(t *testing.T) {
	t.Parallel()
	for _, arguments := range [][]string{{}, {"--nonesuch", "x"}, {"a", "b"}, {"--format", "xml", "x"}} {
		r := run(t, nil, arguments...)
		require.Equal(t, 2, r.code)
		require.Empty(t, r.stdout)
		require.NotEmpty(t, r.stderr)
	}
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	config := healthy(s.Azure(nil))
	same := registrytest.WriteConfig(t, config)
	require.Equal(t, 0, examine(t, nil, config, "--replica", same).code)

	other := healthy(s.Azure(registrytest.Section{"rootdirectory": "elsewhere"}))
	other["http"].(registrytest.Section)["secret"] = "another-secret"
	r := examine(t, nil, config, "--replica", registrytest.WriteConfig(t, other))
	requireFirst(t, r, broken{name: "replica", says: []string{"http.secret differs", "set http.secret"}})
	require.Contains(t, r.stdout, "storage.azure.rootdirectory differs")
	require.NotContains(t, r.stdout, "another-secret")
	require.NotContains(t, r.stdout, "the same for all replicas")

	delete(config["http"].(registrytest.Section), "secret")
	r = examine(t, nil, config)
	requireFirst(t, r, broken{name: "http.secret", result: azure.Warning, says: []string{"openssl rand", "REGISTRY_HTTP_SECRET"}})
}

// Each value is shown with who said it, and none that is a secret.
func TestSettingsAndWhoSaidSo(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	env := []string{"REGISTRY_STORAGE_AZURE_RETRY_DELAY=20ms", "REGISTRY_STORAGE_AZURE_ACCOUNTKEY=" + s.Server.Key}
	r := examine(t, env, healthy(s.Azure(registrytest.Section{"accountkey": wrongKey, "chunksize": 8 << 20})))
	require.Equal(t, 0, r.code)
	require.Contains(t, r.Settings, azure.Setting{Key: "retry_delay", Text: "20ms", From: "environment"})
	require.Contains(t, r.Settings, azure.Setting{Key: "accountkey", Text: "(not shown)", From: "environment"})
	require.Contains(t, r.Settings, azure.Setting{Key: "chunksize", Text: "8388608", From: "file"})
	require.Contains(t, r.Settings, azure.Setting{Key: "retry_budget", Text: "3m0s", From: "default"})
	table := run(t, env, registrytest.WriteConfig(t, healthy(s.Azure(nil))))
	require.Regexp(t, `(?m)^retry_delay +environment +20ms$`, table.stdout)
	require.NotContains(t, table.stdout, s.Server.Key)
}
