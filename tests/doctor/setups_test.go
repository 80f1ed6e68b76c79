package doctor

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// broken is a set-up with one thing wrong, and what the first row that isn't ok has to say.
type broken struct {
	change registrytest.Section // of storage.azure
	env    []string
	name   string       // of the row
	result azure.Result // failed if it is empty
	says   []string     // in what is found, what it means or what to do
}

var wrongKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 64)))

var settings = map[string]broken{
	"wrong key": {
		change: registrytest.Section{"accountkey": wrongKey},
		name:   "container", says: []string{"accountkey is no key of the account", "az storage account keys list"},
	},
	"wrong key from the environment": {
		env:  []string{"REGISTRY_STORAGE_AZURE_ACCOUNTKEY=" + wrongKey},
		name: "container", says: []string{"accountkey (from REGISTRY_STORAGE_AZURE_ACCOUNTKEY)"},
	},
	"container missing": {
		change: registrytest.Section{"container": "nowhere"},
		name:   "container", says: []string{"ContainerNotFound", "create_container: true"},
	},
	"container from the environment missing": {
		env:  []string{"REGISTRY_STORAGE_AZURE_CONTAINER=nowhere"},
		name: "container", says: []string{"nowhere (from REGISTRY_STORAGE_AZURE_CONTAINER)"},
	},
	"container in upper case": {
		change: registrytest.Section{"container": "Images"},
		name:   "configuration", says: []string{"upper-case", "set container: images"},
	},
	"container a URL": {
		change: registrytest.Section{"container": "https://account.blob.core.windows.net/images"},
		name:   "configuration", says: []string{"is a URL", "behind the URL's last slash"},
	},
	"container left out": {
		change: registrytest.Section{"container": ""},
		name:   "configuration", says: []string{"container: missing", "REGISTRY_STORAGE_AZURE_CONTAINER"},
	},
	"realm with privatelink": {
		change: registrytest.Section{"serviceurl": "", "realm": "privatelink.blob.core.windows.net"},
		name:   "configuration", says: []string{"remove privatelink from realm"},
	},
	"key that isn't base64": {
		change: registrytest.Section{"accountkey": "not base64!"},
		name:   "configuration", says: []string{"accountkey: not base64"},
	},
	"unknown type of credentials": {
		change: registrytest.Section{"credentials": registrytest.Section{"type": "password"}},
		name:   "configuration", says: []string{"credentials.type", "shared_key"},
	},
	"unknown key": {
		change: registrytest.Section{"rootdirectoy": "x"},
		name:   "configuration", result: azure.Warning, says: []string{"write rootdirectory in place of storage.azure.rootdirectoy"},
	},
	"nobody listens": {
		change: registrytest.Section{"serviceurl": "http://127.0.0.1:1/devstoreaccount1"},
		name:   "connection", says: []string{"connection refused"},
	},
	"no such host": {
		change: registrytest.Section{"serviceurl": "http://account.invalid/devstoreaccount1"},
		name:   "name resolution", says: []string{"account.invalid"},
	},
	"key in the place of the name": {
		change: registrytest.Section{"accountname": wrongKey},
		name:   "address", says: []string{"accountname is no account's name"},
	},
	"address of the Data Lake API": {
		change: registrytest.Section{"serviceurl": "https://account.dfs.core.windows.net", "accountname": "account"},
		name:   "address", says: []string{"another service", "set serviceurl: https://account.blob.core.windows.net"},
	},
	"secondary address": {
		change: registrytest.Section{"serviceurl": "https://account-secondary.blob.core.windows.net", "accountname": "account"},
		name:   "address", says: []string{"can only be read"},
	},
	"mistake in the environment": {
		env:  []string{"REGISTRY_STORAGE_AZURE_RETRY_DELAY=soon"},
		name: "configuration", says: []string{"retry_delay", "from REGISTRY_STORAGE_AZURE_RETRY_DELAY, which wins over the file"},
	},
	"proxy that is away": {
		change: registrytest.Section{"serviceurl": "http://account.invalid/devstoreaccount1"},
		env:    []string{"HTTP_PROXY=http://127.0.0.1:1"},
		name:   "connection", says: []string{"the proxy 127.0.0.1:1", "NO_PROXY=account.invalid"},
	},
	"account key empty": {
		change: registrytest.Section{"accountkey": ""},
		name:   "configuration", result: azure.Warning, says: []string{"set but empty", "fill accountkey"},
	},
	"two credentials": {
		change: registrytest.Section{"credentials": registrytest.Section{"secret": "unused-secret"}},
		name:   "configuration", result: azure.Warning, says: []string{"not used", "remove credentials.secret"},
	},
	"chunksize out of range": {
		change: registrytest.Section{"chunksize": 1 << 20},
		name:   "configuration", result: azure.Warning, says: []string{"chunksize: 1048576 is not between"},
	},
	"chunksize in words": {
		change: registrytest.Section{"chunksize": "16MiB"},
		name:   "configuration", result: azure.Warning, says: []string{"expected a whole number"},
	},
	"retry_budget too short": {
		change: registrytest.Section{"retry_budget": "1s"},
		name:   "settings", result: azure.Warning, says: []string{"retry_budget 1s", "set retry_budget: 3m0s"},
	},
	"retry_budget too long": {
		change: registrytest.Section{"retry_budget": "24h"},
		name:   "settings", result: azure.Warning, says: []string{"set retry_budget: 3m"},
	},
	"no tries": {
		change: registrytest.Section{"max_retries": -1},
		name:   "settings", result: azure.Warning, says: []string{"max_retries"},
	},
	"redirects to a host that isn't there": {
		change: registrytest.Section{"redirectendpoint": "https://images.invalid"},
		name:   "redirect", says: []string{"images.invalid has no address", "storage.redirect.disable: true"},
	},
	"redirects to a port that is closed": {
		change: registrytest.Section{"redirectendpoint": "http://127.0.0.1:1"},
		name:   "redirect", says: []string{"127.0.0.1:1", "connection refused"},
	},
}

func TestBrokenSettings(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for name, b := range settings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := examine(t, b.env, healthy(s.Azure(b.change)))
			requireFirst(t, r, b)
			require.NotContains(t, r.stdout, s.Server.Key)
			require.NotContains(t, r.stdout, wrongKey)
			require.NotContains(t, r.stdout, "unused-secret")
		})
	}
}

// The container's name behind the account's is the mistake of those who copy an address
// from the portal.
func TestServiceURLWithAPath(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := examine(t, nil, healthy(s.Azure(registrytest.Section{"serviceurl": s.URL() + "/" + s.Container})))
	requireFirst(t, r, broken{name: "address", says: []string{"the container's name", "set serviceurl: " + s.URL()}})
	r = examine(t, nil, healthy(s.Azure(registrytest.Section{"serviceurl": s.URL() + "/v2/registry"})))
	requireFirst(t, r, broken{name: "address", result: azure.Warning, says: []string{"has a path"}})
	r = examine(t, nil, healthy(registrytest.Section{
		"accountname": "account", "accountkey": wrongKey, "container": "images", "serviceurl": "https://account.blob.core.windows.net/images",
	}), "--format", "json")
	requireFirst(t, r, broken{name: "configuration", result: azure.Warning, says: []string{"has a path", "scheme and host alone"}})
}

// A proxy that lets nobody through is named.
func TestProxyBeforeTheStorage(t *testing.T) {
	t.Parallel()
	proxy := registrytest.Tunnel(t, "nobody.test", "http://127.0.0.1:1")
	for _, url := range []string{"http://account.storage.test", "https://account.storage.test"} {
		r := examine(t, []string{"HTTP_PROXY=" + proxy, "HTTPS_PROXY=" + proxy},
			healthy(registrytest.Section{"accountname": "account", "accountkey": wrongKey, "container": "images", "serviceurl": url}))
		require.Equal(t, azure.Failed, r.first().Result)
		require.Contains(t, r.first().Do, "NO_PROXY=account.storage.test")
	}
}

// The remedy that a row names works.
func TestRemedies(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	made := s.Azure(registrytest.Section{"container": "made-" + s.Container, "create_container": true})
	require.Equal(t, 0, examine(t, nil, healthy(made)).code)
	away := healthy(s.Azure(registrytest.Section{"redirectendpoint": "http://127.0.0.1:1"}))
	away["storage"].(registrytest.Section)["redirect"] = registrytest.Section{"disable": true}
	require.Equal(t, 0, examine(t, nil, away).code)
}

// requireFirst checks the first row that isn't ok.
func requireFirst(t *testing.T, r report, b broken) {
	t.Helper()
	first := r.first()
	want := b.result
	if want == "" {
		want = azure.Failed
	}
	require.Equal(t, b.name, first.Name, "%v", first)
	require.Equal(t, want, first.Result, "%v", first)
	require.NotEmpty(t, first.Do)
	require.NotEmpty(t, first.Means)
	for _, text := range b.says {
		require.Contains(t, first.Found+"\n"+first.Means+"\n"+first.Do, text)
	}
}
