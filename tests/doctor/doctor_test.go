package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// contextOfPackage is that of what ends with the test binary.
var contextOfPackage = context.Background()

func TestMain(m *testing.M) { registrytest.Main(m) }

// report is what a run said.
type report struct {
	code           int
	stdout, stderr string
	Schema         int `json:"schema_version"`
	Result         azure.Result
	Checks         []azure.Row
	Settings       []azure.Setting
	Answers        []azure.Answer
}

// first is the first row that isn't ok.
func (r report) first() azure.Row {
	for _, row := range r.Checks {
		if row.Result != azure.OK {
			return row
		}
	}
	return azure.Row{}
}

// row is the first row of that name.
func (r report) row(t *testing.T, name string) azure.Row {
	t.Helper()
	for _, row := range r.Checks {
		if row.Name == name {
			return row
		}
	}
	t.Fatalf("no row %q in %s", name, r.stdout)
	return azure.Row{}
}

// healthy is a whole configuration with which nothing is wrong. Its blocks are the smallest,
// so that as little as possible is measured.
func healthy(section registrytest.Section) registrytest.Section {
	section = registrytest.Section{"chunksize": 4 << 20}.With(section)
	return registrytest.Configuration(registrytest.Options{Azure: section, Redirects: true}, "127.0.0.1:0")
}

// run runs the binary to its end.
func run(t *testing.T, env []string, arguments ...string) report {
	t.Helper()
	cmd := registrytest.Command(t, env, append([]string{"doctor"}, arguments...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	r := report{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
	t.Logf("doctor %v exits with %d\n%s%s", arguments, r.code, r.stdout, r.stderr)
	return r
}

// examine runs doctor on a configuration and reads its report.
func examine(t *testing.T, env []string, config registrytest.Section, arguments ...string) report {
	t.Helper()
	r := run(t, env, append([]string{"--format", "json", registrytest.WriteConfig(t, config)}, arguments...)...)
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &r), r.stdout)
	require.Equal(t, 1, r.Schema)
	require.Equal(t, map[azure.Result]int{azure.OK: 0, azure.Warning: 1, azure.Failed: 2}[r.Result], r.code)
	return r
}

func TestHealthySetUpIsAllOK(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for name, section := range map[string]registrytest.Section{
		"as it is":                 s.Azure(nil),
		"legacy, below a folder":   s.Azure(registrytest.Section{"legacyrootprefix": true, "rootdirectory": "a/b"}),
		"without a default left":   s.Azure(registrytest.Section{"chunksize": 16 << 20, "retry_budget": "5m", "try_timeout": "20s", "uploadmemory": 64 << 20}),
		"through connectionstring": {"container": s.Container, "connectionstring": "AccountName=" + s.Server.Account + ";AccountKey=" + s.Server.Key + ";BlobEndpoint=" + s.URL()},
	} {
		r := examine(t, nil, healthy(section))
		require.Equal(t, 0, r.code, name)
		for _, row := range r.Checks {
			require.Equal(t, azure.OK, row.Result, "%s: %v", name, row)
		}
		require.Empty(t, s.Names(t), "%s: something is left", name)
		require.NotContains(t, r.stdout, s.Server.Key)
	}
	table := run(t, nil, registrytest.WriteConfig(t, healthy(s.Azure(nil))))
	require.Equal(t, 0, table.code)
	require.Contains(t, table.stdout, "0 warnings, 0 failed, 0 skipped")
	require.Empty(t, table.stderr)
}

// The column of the emulator says what Azurite answers. That of the model is compared
// beside the questions.
func TestAzuriteAnswersAsTheTableSays(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	r := examine(t, nil, healthy(s.Azure(nil)), "--service")
	require.Equal(t, 0, r.code)
	require.NotEmpty(t, r.Answers)
	for _, a := range r.Answers {
		require.Equal(t, a.Emulator, a.Here, a.Question)
	}
	require.Empty(t, s.Names(t))
	require.Contains(t, run(t, nil, "--service", registrytest.WriteConfig(t, healthy(s.Azure(nil)))).stdout, "QUESTION")
}
