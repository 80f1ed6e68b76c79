package e2e

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// secret is in every bad configuration, as a key or as a part of one.
const secret = "Zm9yIG5vYm9keSdzIGV5ZXM"

// A configuration that can't work ends the registry at once: one message, every problem in it,
// and no secret anywhere.
func TestBadConfiguration(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString([]byte(secret))
	for name, bad := range map[string]struct {
		azure registrytest.Section
		env   []string
		says  []string
	}{
		"nothing at all": {
			azure: registrytest.Section{},
			says:  []string{"container", "accountname"},
		},
		"no container": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key},
			says:  []string{"container: missing"},
		},
		"a bad duration": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key, "container": "c", "retry_delay": "soon"},
			says:  []string{`retry_delay: "soon"`},
		},
		"an unknown credentials type": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key, "container": "c", "credentials": registrytest.Section{"type": "password", "secret": secret}},
			says:  []string{"credentials.type", "shared_key", "client_secret", "default_credentials"},
		},
		"a key that isn't base64": {
			azure: registrytest.Section{"accountname": "account", "accountkey": secret + "!", "container": "c"},
			says:  []string{"accountkey: not base64"},
		},
		"a client secret without its tenant": {
			azure: registrytest.Section{"accountname": "account", "container": "c", "credentials": registrytest.Section{"type": "client_secret", "secret": secret}},
			says:  []string{"credentials.clientid", "credentials.tenantid"},
		},
		"a connection string that isn't one": {
			azure: registrytest.Section{"container": "c", "connectionstring": "AccountName=account;" + secret},
			says:  []string{"connectionstring: part 2"},
		},
		"names that can't be": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key, "container": "Images", "realm": "privatelink.blob.core.windows.net", "rootdirectory": "v1./x"},
			says:  []string{`container: "Images" has upper-case`, "realm: must not name privatelink", `rootdirectory: "v1." ends in a dot`},
		},
		"a container's address": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key, "container": "https://account.blob.core.windows.net/c?sig=" + secret},
			says:  []string{"container: is a URL"},
		},
		"everything at once": {
			azure: registrytest.Section{
				"accountkey": secret + "!", "retry_delay": "soon",
				"max_retries": "many", "serviceurl": "ftp://" + secret + ".example.test",
				"credentials": registrytest.Section{"type": "shared_key"},
			},
			says: []string{"container", "accountname", "accountkey", "retry_delay", "max_retries", "serviceurl"},
		},
		"from the environment": {
			azure: registrytest.Section{"accountname": "account", "accountkey": key, "container": "c"},
			env:   []string{"REGISTRY_STORAGE_AZURE_RETRY_DELAY=forever", "REGISTRY_STORAGE_AZURE_ACCOUNTKEY=" + secret + "!"},
			says:  []string{"retry_delay", "forever", "accountkey: not base64"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := registrytest.Configuration(registrytest.Options{Azure: bad.azure}, "127.0.0.1:"+registrytest.FreePort(t))
			for _, arguments := range [][]string{{"serve"}, {"garbage-collect"}} {
				cmd := registrytest.Command(t, bad.env, append(arguments, registrytest.WriteConfig(t, config))...)
				text, err := cmd.CombinedOutput()
				var exit *exec.ExitError
				require.True(t, errors.As(err, &exit), "%v ended with %v:\n%s", arguments, err, text)
				require.Equal(t, 1, exit.ExitCode())
				requireOneMessage(t, string(text), bad.says)
			}
		})
	}
}

func requireOneMessage(t *testing.T, text string, says []string) {
	t.Helper()
	require.Equal(t, 1, strings.Count(text, "invalid configuration"), text)
	for line := range strings.Lines(text) {
		if strings.Contains(line, "invalid configuration") {
			for _, word := range says {
				require.Contains(t, line, word)
			}
		}
	}
	require.NotContains(t, text, secret)
	require.NotContains(t, text, "goroutine ", "a stack trace helps no operator")
}

// What stock's driver ignores is a warning: a key that means nothing, with the closest one that
// does or what to do instead, and a value that can't be one.
func TestUnknownKeyIsAWarning(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{Azure: s.Azure(registrytest.Section{"rootdirectoy": "elsewhere", "secretly": secret, "chunksize": "16MiB", "api_pool_max_elapsed_time": "5m"})})
	r.Log.AwaitLine(t, "level=warning", "storage.azure.rootdirectoy", "is rootdirectory meant?")
	r.Log.AwaitLine(t, "level=warning", "storage.azure.secretly")
	r.Log.AwaitLine(t, "level=warning", "storage.azure.api_pool_max_elapsed_time", "copy_timeout takes its place")
	r.Log.AwaitLine(t, "level=warning", "storage.azure.chunksize", "expected a whole number")
	require.NotContains(t, r.Log.String(), secret)
	image := newImage(t, "unknown key", newLayer(t.Name(), kibibyte))
	require.NoError(t, push(t.Context(), latest(t, r, "unknown/key"), image))
}

// Everything can be said by environment variables alone, as in a container.
func TestConfigurationFromTheEnvironment(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{
		Azure: registrytest.Section{"container": "another"},
		Env: []string{
			"REGISTRY_STORAGE_AZURE_ACCOUNTNAME=" + s.Server.Account,
			"REGISTRY_STORAGE_AZURE_ACCOUNTKEY=" + s.Server.Key,
			"REGISTRY_STORAGE_AZURE_CONTAINER=" + s.Container,
			"REGISTRY_STORAGE_AZURE_SERVICEURL=" + s.URL(),
			"REGISTRY_STORAGE_AZURE_ROOTDIRECTORY=from/env",
			"REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE=shared_key",
			"REGISTRY_STORAGE_AZURE_MAX_RETRIES=-1",
			"REGISTRY_STORAGE_AZURE_TRY_TIMEOUT=5s",
			"REGISTRY_STORAGE_AZURE_CHUNKSIZE=4194304",
		},
	})
	image := newImage(t, "environment", newLayer(t.Name(), 5*mebibyte))
	require.NoError(t, push(t.Context(), latest(t, r, "env/app"), image))
	require.NoError(t, pull(t.Context(), latest(t, r, "env/app"), image))
	for _, name := range s.Names(t) {
		require.True(t, strings.HasPrefix(name, "from/env/docker/"), name)
	}

	// With MAX_RETRIES=-1 the first fault is the last.
	s.Arm(oneLostPut)
	require.Error(t, push(t.Context(), latest(t, r, "env/app"), newImage(t, "second", newLayer("second", kibibyte))))
	require.False(t, bytes.Contains([]byte(r.Log.String()), []byte(s.Server.Key)))
}

// Variables reach the sections that the file has, and keys with underscores in them. What is
// text stays text.
func TestEnvironmentReachesWhatTheFileHas(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{
		Azure: s.Azure(registrytest.Section{
			"max_retries":   9,
			"rootdirectory": "file",
			"credentials":   registrytest.Section{"type": "client_secret", "clientid": "c", "tenantid": "t", "secret": "s"},
		}),
		Env: []string{
			"REGISTRY_STORAGE_AZURE_MAX_RETRIES=-1",
			"REGISTRY_STORAGE_AZURE_ROOTDIRECTORY=0070",
			"REGISTRY_STORAGE_AZURE_CREDENTIALS_TYPE=shared_key",
			"REGISTRY_STORAGE_DELETE_ENABLED=false",
			"REGISTRY_HTTP_DEBUG_PROMETHEUS_PATH=/series",
		},
	})
	image := newImage(t, "sections", newLayer(t.Name(), kibibyte))
	require.NoError(t, push(t.Context(), latest(t, r, "sections"), image))
	for _, name := range s.Names(t) {
		require.True(t, strings.HasPrefix(name, "0070/docker/"), name)
	}
	digest, err := image.Digest()
	require.NoError(t, err)
	answer, body := ask(t, r, http.MethodDelete, "/v2/sections/manifests/"+digest.String(), "", "")
	require.Equal(t, http.StatusMethodNotAllowed, answer.StatusCode, body)
	status, series, err := registrytest.Get(t.Context(), r.Debug+"/series")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, string(series), "registry_storage_azure_")

	// With MAX_RETRIES=-1 the first fault is the last.
	s.Arm(oneLostPut)
	require.Error(t, push(t.Context(), latest(t, r, "sections"), newImage(t, "second", newLayer("second", kibibyte))))
}
