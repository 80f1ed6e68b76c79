package configuration

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// parsed is a file's configuration below the variables.
func parsed(t *testing.T, file string, variables map[string]string) *Configuration {
	t.Helper()
	for name, value := range variables {
		t.Setenv("REGISTRY_"+name, value)
	}
	config, err := Parse(strings.NewReader("version: 0.1\n" + file))
	require.NoError(t, err)
	return config
}

func TestVariablesReachKeysWithUnderscores(t *testing.T) {
	for name, file := range map[string]string{
		"in the file":     "storage: {azure: {max_retries: 2, retry_delay: 1s, Realm: old}}",
		"not in the file": "storage: {azure: {container: c}}",
	} {
		t.Run(name, func(t *testing.T) {
			parameters := parsed(t, file, map[string]string{
				"STORAGE_AZURE_MAX_RETRIES": "7", "STORAGE_AZURE_MAX_RETRY_DELAY": "9s",
				"STORAGE_AZURE_RETRY_DELAY": "3s", "STORAGE_AZURE_REALM": "new",
			}).Storage.Parameters()
			require.Equal(t, 7, parameters["max_retries"])
			require.Equal(t, "9s", parameters["max_retry_delay"])
			require.Equal(t, "3s", parameters["retry_delay"])
			require.Equal(t, "new", parameters["realm"])
			require.NotContains(t, parameters, "Realm")
		})
	}
}

func TestVariablesReachSectionsOfTheFile(t *testing.T) {
	config := parsed(t, `
storage:
  gcs: {credentials: {Type: a, client_email: b}, list: [x]}
  maintenance: {uploadpurging: {enabled: true, age: 1h}}
auth: {token: {realm: r}}
middleware:
  storage: [{name: redirect, options: {baseurl: u, deep: {key_id: 1}}}]
`, map[string]string{
		"STORAGE_GCS_CREDENTIALS_TYPE":                  "service_account",
		"STORAGE_GCS_CREDENTIALS_CLIENT_EMAIL":          "me",
		"STORAGE_GCS_CREDENTIALS_CLIENT_ID":             "0042",
		"STORAGE_GCS_LIST_1":                            "z",
		"STORAGE_MAINTENANCE_UPLOADPURGING_ENABLED":     "false",
		"AUTH_TOKEN_SIGNING_ALGORITHMS":                 "[a, b]",
		"MIDDLEWARE_STORAGE_0_OPTIONS_DEEP_KEY_ID":      "2",
		"MIDDLEWARE_STORAGE_0_OPTIONS_PRIVATE_KEY_PATH": "/key",
	})
	credentials := config.Storage.Parameters()["credentials"].(map[any]any)
	require.Equal(t, "service_account", credentials["type"])
	require.Equal(t, "me", credentials["client_email"])
	require.Equal(t, "0042", credentials["client_id"])
	require.Equal(t, []any{"x", "z"}, config.Storage.Parameters()["list"])
	require.Equal(t, map[any]any{"enabled": false, "age": "1h"}, config.Storage["maintenance"]["uploadpurging"])
	require.Equal(t, []any{"a", "b"}, config.Auth.Parameters()["signing_algorithms"])
	options := config.Middleware["storage"][0].Options
	require.Equal(t, map[any]any{"key_id": 2}, options["deep"])
	require.Equal(t, "/key", options["private_key_path"])
	require.Equal(t, "u", options["baseurl"])
}

func TestTextOfAVariableStaysText(t *testing.T) {
	for text, want := range map[string]any{
		"0123": "0123", "0x1f": "0x1f", "1_000": "1_000", "1e5": "1e5", "1.10": "1.10", ".5": ".5",
		"12345678901234567890123": "12345678901234567890123", "12:30:45": "12:30:45",
		"@secret": "@secret", "*secret": "*secret", "&secret": "&secret", "!secret": "!secret",
		"%secret": "%secret", "{secret": "{secret", "a #b": "a #b", " a ": "a", `"a`: `"a`,
		`"0123"`: "0123", "'yes'": "yes",
		"42": 42, "-1": -1, "true": true, "yes": true, "off": false, "": nil, "~": nil,
		"[a, 1]": []any{"a", 1}, "{a: true}": map[any]any{"a": true}, "a: b": map[any]any{"a": "b"},
	} {
		t.Run(text, func(t *testing.T) {
			config := parsed(t, "storage: {azure: {}}", map[string]string{"STORAGE_AZURE_NAME": text})
			require.Equal(t, want, config.Storage.Parameters()["name"])
		})
	}
}

func TestSecretInAVariableIsNoYAML(t *testing.T) {
	for text, want := range map[string]string{"@a #b": "@a #b", "0123": "0123", "'quoted'": "quoted", "%x": "%x"} {
		config := parsed(t, "storage: {azure: {}}", map[string]string{"HTTP_SECRET": text})
		require.Equal(t, want, config.HTTP.Secret)
	}
}
