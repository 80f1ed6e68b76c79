package product

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The chart makes up a shared secret that is left out, another one at each
// upgrade, and leaves an account's key out of the Secret that its pods read.
func TestChartFailsWithoutItsSecrets(t *testing.T) {
	all := withSecrets("account", "key", "container")
	for i, setting := range all[1:] {
		_, err := helm(t, slices.Delete(slices.Clone(all), i+1, i+2)...)
		require.Error(t, err, "without %s", setting)
		require.ErrorContains(t, err, "secret.yaml", "without %s", setting)
	}
	_, err := helm(t, valuesAzure, valuesIdentity)
	require.ErrorContains(t, err, "secret.yaml")
}

func TestChartIsTheSameAtEachUpgrade(t *testing.T) {
	values := withSecrets("account", "key", "container")
	first, err := helm(t, values...)
	require.NoError(t, err)
	again, err := helm(t, values...)
	require.NoError(t, err)
	require.Equal(t, string(first), string(again), "each upgrade would restart every pod")
	require.NotContains(t, string(first), "NOTES.txt")
}

// The commands in the comments of the values files set every value that has to
// be set.
func TestCommentsOfTheValuesFilesNameEverySecret(t *testing.T) {
	dependOn(t, "../../deploy/helm")
	for file, expected := range map[string][]string{
		"../../deploy/helm/values-azure.yaml":                   withSecrets("...", "...", "...")[1:],
		"../../deploy/helm/values-azure-workload-identity.yaml": {"secrets.haSharedSecret="},
	} {
		set := strings.Join(matches(t, `--set (\S+)`, file)[file], " ")
		for _, setting := range expected {
			key, _, _ := strings.Cut(setting, "=")
			require.Contains(t, set, key+"=", file)
		}
	}
}

// No version of the chart has secrets.create, which was recommended here.
func TestChartHasEveryValueThatIsSet(t *testing.T) {
	_, err := helm(t, append(withSecrets("account", "key", "container"), "secrets.create=false", "metrics.prot=1")...)
	require.ErrorContains(t, err, "no template of the chart reads metrics.prot, secrets.create")
}
