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

var settings = map[string]broken{
	"wrong key": {
		change: registrytest.Section{"accountkey": base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 64)))},
		name:   "container", says: []string{"accountkey is no key of the account", "az storage account keys list"},
	},
	"container missing": {
		change: registrytest.Section{"container": "nowhere"},
		name:   "container", says: []string{"ContainerNotFound", "create_container: true"},
	},
	"container in upper case": {
		change: registrytest.Section{"container": "Images"},
		name:   "configuration", says: []string{"upper-case", "set container: images"},
	},
	"nobody listens": {
		change: registrytest.Section{"serviceurl": "http://127.0.0.1:1/devstoreaccount1"},
		name:   "connection", says: []string{"connection refused"},
	},
	"account key empty": {
		change: registrytest.Section{"accountkey": ""},
		name:   "configuration", result: azure.Warning, says: []string{"set but empty", "fill accountkey"},
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
		})
	}
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
