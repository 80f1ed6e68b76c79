package doctor

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const stored = "docker/registry/v2/repositories/app/_layers/link"

func TestDataUnderOtherNames(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]struct {
		names   []string
		section registrytest.Section
		broken
	}{
		"the other prefix": {[]string{"/" + stored}, nil, broken{name: "data", says: []string{"set legacyrootprefix: true"}}},
		"the other prefix, of a legacy registry": {
			[]string{stored}, registrytest.Section{"legacyrootprefix": true}, broken{name: "data", says: []string{"set legacyrootprefix: false"}},
		},
		"both":           {[]string{stored, "/" + stored}, nil, broken{name: "data", result: azure.Warning, says: []string{"a second registry"}}},
		"another folder": {[]string{"images/" + stored}, nil, broken{name: "data", result: azure.Warning, says: []string{`set rootdirectory: "images"`}}},
		"the top":        {[]string{stored}, registrytest.Section{"rootdirectory": "images"}, broken{name: "data", result: azure.Warning, says: []string{`set rootdirectory: ""`}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			for _, blob := range b.names {
				s.Put(t, blob, []byte("x"))
			}
			requireFirst(t, examine(t, nil, healthy(s.Azure(b.section))), b.broken)
			require.ElementsMatch(t, b.names, s.Names(t), "what was there is still there, and nothing else")
		})
	}
}

// The remedy for data that isn't seen works.
func TestLegacyDataIsSeen(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	s.Put(t, "/"+stored, []byte("x"))
	r := examine(t, nil, healthy(s.Azure(registrytest.Section{"legacyrootprefix": true})))
	require.Equal(t, 0, r.code)
	require.Contains(t, r.row(t, "data").Found, "a registry")
}

// A signal ends the checks, and what was written is removed all the same.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		s := registrytest.NewStorage(t)
		stalled := s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.StallBefore, Times: -1})
		var output registrytest.Output
		cmd := registrytest.Command(t, nil, "doctor", registrytest.WriteConfig(t, healthy(s.Azure(nil))))
		cmd.Stdout, cmd.Stderr = &output, &output
		require.NoError(t, cmd.Start())
		require.NoError(t, stalled.Wait(t.Context()), "%s", output.String())
		require.NotEmpty(t, s.Names(t))
		require.NoError(t, cmd.Process.Signal(signal))
		require.Error(t, cmd.Wait())
		require.Equal(t, 2, cmd.ProcessState.ExitCode(), output.String())
		require.Empty(t, s.Names(t), "something is left")
		require.Contains(t, output.String(), "the run was interrupted")
	}
}
