package parity

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var startCases = []reported{
	{name: "trimlegacyrootprefix: true, as GitLab has it, advises nothing that contradicts it", source: "GitLab container registry, azure_v2", run: trimmedPrefix},
	{name: "data under both prefixes is told at start", source: "distribution#4253", run: bothPrefixes},
	{name: "REGISTRY_STORAGE_AZURE_MAX_RETRIES reaches the driver", source: "issue 10", run: environment},
	{name: "a configuration of stock's starts", source: "distribution v3.1.2, docs of the driver", run: stockConfiguration},
}

func trimmedPrefix(l *lab) {
	r := l.serve(registrytest.Section{"trimlegacyrootprefix": true})
	image := l.image("trimmed", kibibyte)
	require.NoError(l, l.push(r, "start/app:v1", image))
	require.NoError(l, l.pull(r, "start/app:v1", image))
	for _, name := range l.Names(l.T) {
		require.False(l, strings.HasPrefix(name, "/"), "%s", name)
	}
	require.Empty(l, r.Log.Lines("legacyrootprefix: true"))
	require.Empty(l, r.Log.Lines("level=warning", "trimlegacyrootprefix"))
}

func bothPrefixes(l *lab) {
	l.store()
	for _, name := range []string{"docker/registry/v2/repositories/a/_layers/x", "/docker/registry/v2/repositories/b/_layers/y"} {
		_, err := l.Direct.NewBlockBlobClient(name).UploadBuffer(l.ctx, []byte("x"), nil)
		require.NoError(l, err)
	}
	r := l.serve(nil)
	r.Log.AwaitLine(l.T, "level=warning", "prefix")
}

// environment gives a value that can't be one: who reads it complains.
func environment(l *lab) {
	l.store()
	config := registrytest.WriteConfig(l.T, registrytest.Configuration(registrytest.Options{Azure: l.azure(nil)}, "127.0.0.1:0"))
	cmd := registrytest.Command(l.T, []string{"REGISTRY_STORAGE_AZURE_MAX_RETRIES=many"}, "serve", config)
	output, err := runFor(l, cmd)
	require.Error(l, err, "it starts: %s", output)
	require.Contains(l, string(output), "max_retries")
}

func stockConfiguration(l *lab) {
	l.store()
	for _, section := range []registrytest.Section{
		l.azure(registrytest.Section{"max_retries": 3, "retry_delay": "200ms", "realm": "core.windows.net", "rootdirectory": "some/where"}),
		l.azure(registrytest.Section{"max_retries": -1, "rootdirectory": "/elsewhere/"}),
		l.azure(registrytest.Section{"max_retries": 4, "unknown": "key"}),
	} {
		r := registrytest.Start(l.T, registrytest.Options{Azure: section})
		image := l.image("stock", kibibyte)
		require.NoError(l, l.push(r, "start/stock:v1", image))
		require.NoError(l, l.pull(r, "start/stock:v1", image))
	}
}
