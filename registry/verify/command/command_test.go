package command

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

func TestParseSize(t *testing.T) {
	for text, want := range map[string]int64{"": 0, "1": 1, "50MiB": 50 << 20, "2k": 2048, "1.5GiB": 3 << 29} {
		n, err := parseSize(text)
		require.NoError(t, err, text)
		require.Equal(t, want, n, text)
	}
	for _, text := range []string{"0", "-1", "many", "5 apples"} {
		_, err := parseSize(text)
		require.Error(t, err, text)
	}
}

func TestParsePercent(t *testing.T) {
	for text, want := range map[string]float64{"": 0, "5": 5, "5%": 5, "0.1%": 0.1, "100%": 100} {
		n, err := parsePercent(text)
		require.NoError(t, err, text)
		require.InDelta(t, want, n, 1e-9, text)
	}
	for _, text := range []string{"0", "101", "-1%", "NaN", "half", "%"} {
		_, err := parsePercent(text)
		require.Error(t, err, text)
	}
}

func TestParseSince(t *testing.T) {
	now := time.Date(2025, 6, 7, 8, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"":                     {},
		"2025-01-31":           time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC),
		"2025-01-31T08:00:00Z": time.Date(2025, 1, 31, 8, 0, 0, 0, time.UTC),
		"48h":                  now.Add(-48 * time.Hour),
	} {
		got, err := parseSince(text, now)
		require.NoError(t, err, text)
		require.True(t, want.Equal(got), text)
	}
	for _, text := range []string{"yesterday", "-1h", "2025-13-01"} {
		_, err := parseSince(text, now)
		require.Error(t, err, text)
	}
}

func TestEveryWrongFlagIsNamedAtOnce(t *testing.T) {
	f := verifyFlags{
		scope: scope{concurrency: 0, digests: []string{"x"}}, rate: "fast", sample: "200%", since: "then",
		format: "xml", maxBytes: "1GiB", checkpoint: "file",
	}
	_, err := f.options()
	for _, flag := range []string{"concurrency", "upload-age", "digest", "rate", "sample", "since", "format", "max-bytes", "checkpoint"} {
		require.ErrorContains(t, err, "--"+flag)
	}
}

func TestFlagsReachTheOptions(t *testing.T) {
	f := verifyFlags{
		scope: scope{concurrency: 3, repositories: []string{"a"}, uploadAge: time.Hour},
		full:  true, rate: "1MiB", maxBytes: "1GiB", sample: "5%", format: "json",
	}
	o, err := f.options()
	require.NoError(t, err)
	require.Equal(t, verify.Options{
		Full: true, Concurrency: 3, Repositories: []string{"a"}, UploadAge: time.Hour,
		Rate: 1 << 20, MaxBytes: 1 << 30, Sample: 5,
	}, o)
}

func TestExitCodes(t *testing.T) {
	cmd := &cobra.Command{}
	cmd.SetErr(io.Discard)
	require.Equal(t, 0, exitCode(cmd, false, nil))
	require.Equal(t, 1, exitCode(cmd, true, nil))
	require.Equal(t, 2, exitCode(cmd, true, errors.New("broken")))
}

func TestStorageThatCannotBeOpened(t *testing.T) {
	t.Setenv("REGISTRY_CONFIGURATION_PATH", "")
	_, _, err := openStorage(t.Context(), nil)
	require.ErrorContains(t, err, "REGISTRY_CONFIGURATION_PATH")
	missing := filepath.Join(t.TempDir(), "config.yml")
	_, _, err = openStorage(t.Context(), []string{missing})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(missing, []byte("version: 0.1\nstorage: {nonesuch: {}}\n"), 0o600))
	_, _, err = openStorage(t.Context(), []string{missing})
	require.ErrorContains(t, err, "nonesuch")
	t.Setenv("REGISTRY_CONFIGURATION_PATH", missing)
	require.NoError(t, os.WriteFile(missing, []byte("version: 0.1\nstorage: {filesystem: {rootdirectory: /nowhere}}\n"), 0o600))
	_, config, err := openStorage(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, "filesystem rootdirectory=/nowhere", storageName(config))
}

func TestRepairWaitsForAReadOnlyRegistry(t *testing.T) {
	config := func(text string) func() (*configuration.Configuration, error) {
		return func() (*configuration.Configuration, error) {
			return configuration.Parse(strings.NewReader("version: 0.1\nstorage:\n  inmemory: {}\n" + text))
		}
	}
	readonly := config("  maintenance: {readonly: {enabled: true}}\n")
	var said strings.Builder
	require.NoError(t, guard(t.Context(), inmemory.New(), true, &said, readonly))
	require.Empty(t, said.String())
	require.NoError(t, guard(t.Context(), inmemory.New(), false, &said, config("")))
	require.Contains(t, said.String(), "may be lost")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, guard(ctx, inmemory.New(), true, &said, config("  maintenance: {readonly: {enabled: false}}\n")), context.Canceled)
}

func TestOtherRootPrefix(t *testing.T) {
	for _, c := range []struct {
		given  configuration.Parameters
		legacy bool
	}{
		{configuration.Parameters{"container": "c"}, true},
		{configuration.Parameters{"legacyrootprefix": false}, true},
		{configuration.Parameters{"legacyrootprefix": true}, false},
		{configuration.Parameters{"legacyrootprefix": "true"}, false},
		{configuration.Parameters{"trimlegacyrootprefix": true}, true},
		{configuration.Parameters{"trim_legacy_root_prefix": false}, false},
		{configuration.Parameters{"trimlegacyrootprefix": false, "legacyrootprefix": false}, true},
	} {
		other, legacy := otherPrefix(c.given)
		require.Equal(t, c.legacy, legacy)
		require.Equal(t, c.legacy, other["legacyrootprefix"])
		require.NotContains(t, other, "trimlegacyrootprefix")
		require.Equal(t, c.given["container"], other["container"])
	}
}

func TestChildrenThatAnIndexMayDoWithout(t *testing.T) {
	parse := func(text string) func(string, string) bool {
		config, err := configuration.Parse(strings.NewReader("version: 0.1\nstorage: {inmemory: {}}\n" + text))
		require.NoError(t, err)
		return optionalChild(config.Validation)
	}
	require.Nil(t, parse(""))
	require.Nil(t, parse("validation: {manifests: {indexes: {platforms: all}}}\n"))
	require.True(t, parse("validation: {disabled: true}\n")("linux", "amd64"))
	require.True(t, parse("validation: {manifests: {indexes: {platforms: none}}}\n")("linux", "amd64"))
	list := parse("validation: {manifests: {indexes: {platforms: list, platformlist: [{architecture: amd64, os: linux}]}}}\n")
	require.False(t, list("linux", "amd64"))
	require.True(t, list("linux", "arm64"))
}

func TestNameOfAStorageHasNoSecret(t *testing.T) {
	name := storageName(&configuration.Configuration{Storage: configuration.Storage{"azure": configuration.Parameters{
		"accountname": "account", "container": "c", "accountkey": "secret", "connectionstring": "secret",
	}}})
	require.Equal(t, "azure accountname=account container=c", name)
	name = storageName(&configuration.Configuration{Storage: configuration.Storage{"azure": configuration.Parameters{
		"container": "c", "connectionstring": "AccountName=one;AccountKey=secret==;BlobEndpoint=https://e/one?sig=secret;SharedAccessSignature=secret",
	}}})
	require.Equal(t, "azure container=c accountname=one blobendpoint=https://e/one", name)
	name = storageName(&configuration.Configuration{Storage: configuration.Storage{"azure": configuration.Parameters{
		"container": "c", "trimlegacyrootprefix": false,
	}}})
	require.Equal(t, "azure container=c legacyrootprefix=true", name)
	name = storageName(&configuration.Configuration{Storage: configuration.Storage{"s3": configuration.Parameters{
		"bucket": "b", "serviceurl": "https://e?sig=secret", "regionendpoint": "http://user:secret@minio:9000",
	}}})
	require.Equal(t, "s3 serviceurl=https://e bucket=b regionendpoint=http://minio:9000", name)
}
