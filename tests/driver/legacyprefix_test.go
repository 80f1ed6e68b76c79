package driver

import (
	"context"
	"io"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

const linkPath = "/docker/registry/v2/repositories/app/_manifests/tags/latest/current/link"

// Version 2 of the registry wrote names that begin with a slash.
func TestLegacyRootPrefix(t *testing.T) {
	t.Parallel()
	for name, style := range map[string]struct {
		root, blob string
		legacy     bool
	}{
		"version 2":                       {blob: linkPath, legacy: true},
		"version 3":                       {blob: linkPath[1:]},
		"version 2 with a root directory": {root: "/root", blob: "/root" + linkPath, legacy: true},
		"version 3 with a root directory": {root: "/root", blob: "root" + linkPath},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			s.putDirect(t, style.blob, []byte("sha256:there"))
			parameters := s.parameters()
			parameters.RootDirectory = style.root
			parameters.LegacyRootPrefix = style.legacy
			d := newDriver(t, parameters)

			content, err := d.GetContent(t.Context(), linkPath)
			require.NoError(t, err)
			require.Equal(t, "sha256:there", string(content))
			top, err := d.List(t.Context(), "/")
			require.NoError(t, err)
			require.Equal(t, []string{"/docker"}, top)
			require.Equal(t, []string{linkPath}, walk(t, d))

			parameters.LegacyRootPrefix = !style.legacy
			other := newDriver(t, parameters)
			_, err = other.GetContent(t.Context(), linkPath)
			require.IsType(t, storagedriver.PathNotFoundError{}, err)
			require.Empty(t, walk(t, other))
			require.NoError(t, other.PutContent(t.Context(), linkPath, []byte("sha256:other")))
			require.Equal(t, "sha256:there", string(s.stored(t, style.blob)))
		})
	}
}

// walk is the paths of all files.
func walk(t *testing.T, d storagedriver.StorageDriver) []string {
	t.Helper()
	var files []string
	err := d.Walk(t.Context(), "/", func(info storagedriver.FileInfo) error {
		if !info.IsDir() {
			files = append(files, info.Path())
		}
		return nil
	})
	require.NoError(t, err)
	return files
}

// An empty registry after an upgrade is worth a line in the log that names the setting.
// Not parallel: the log is the process's.
func TestStartUpLogNamesLegacyRootPrefix(t *testing.T) {
	const set, remove = "set legacyrootprefix to true, and remove trimlegacyrootprefix", "remove legacyrootprefix, or set trimlegacyrootprefix to true"
	for name, start := range map[string]struct {
		blobs  []string
		legacy bool
		says   string // nothing if empty
	}{
		"data of version 2, setting missing":  {blobs: []string{linkPath}, says: set},
		"data of version 2, setting there":    {blobs: []string{linkPath}, legacy: true},
		"data of version 3":                   {blobs: []string{linkPath[1:]}},
		"data of version 3, setting there":    {blobs: []string{linkPath[1:]}, legacy: true, says: remove},
		"data of both":                        {blobs: []string{linkPath, linkPath[1:]}, says: "a second registry, under names with a leading slash"},
		"data of both, setting there":         {blobs: []string{linkPath, linkPath[1:]}, legacy: true, says: "a second registry, under names without a leading slash"},
		"no data":                             {},
		"data that is no registry's, set too": {blobs: []string{"/backup/x"}, legacy: false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			for _, blob := range start.blobs {
				s.putDirect(t, blob, []byte("content"))
			}
			lines := startUpLog(t, map[string]any{
				"accountname": azurite.Account, "accountkey": azurite.Key, "container": s.container,
				"serviceurl": s.URL(), "legacyrootprefix": start.legacy,
			})
			if start.says == "" {
				require.Empty(t, lines)
				return
			}
			require.Len(t, lines, 1)
			require.Equal(t, logrus.WarnLevel, lines[0].Level)
			require.Contains(t, lines[0].Message, start.says)
			require.Equal(t, s.container, lines[0].Data["container"])
		})
	}
}

// startUpLog makes the driver as the registry does and returns what it logs.
func startUpLog(t *testing.T, parameters map[string]any) []*logrus.Entry {
	t.Helper()
	hook := new(logtest.Hook)
	logger := logrus.StandardLogger()
	hooks, out := logger.ReplaceHooks(logrus.LevelHooks{}), logger.Out
	logger.AddHook(hook)
	logger.SetOutput(io.Discard)
	defer func() {
		logger.ReplaceHooks(hooks)
		logger.SetOutput(out)
	}()
	_, err := factory.Create(context.WithoutCancel(t.Context()), "azure", parameters)
	require.NoError(t, err)
	return hook.AllEntries()
}

// Version 2 created the container by itself.
// Not parallel: the log is the process's.
func TestStartUpCreatesTheContainerIfToldTo(t *testing.T) {
	s := newStore(t)
	parameters := map[string]any{
		"accountname": azurite.Account, "accountkey": azurite.Key, "container": "new-" + s.container,
		"serviceurl": s.URL(), "create_container": true,
	}
	lines := startUpLog(t, parameters)
	require.Len(t, lines, 1)
	require.Equal(t, "container created", lines[0].Message)
	require.Empty(t, startUpLog(t, parameters), "it is there now")
}

// GitLab's newer driver has another name, and its own keys.
func TestGitLabsDriverNameAndKeys(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, linkPath, []byte("sha256:there"))
	d, err := factory.Create(t.Context(), "azure_v2", map[string]any{
		"credentials_type": "shared_key", "accountname": azurite.Account, "accountkey": azurite.Key,
		"container": s.container, "serviceurl": s.URL(), "trimlegacyrootprefix": false,
	})
	require.NoError(t, err)
	content, err := d.GetContent(t.Context(), linkPath)
	require.NoError(t, err)
	require.Equal(t, "sha256:there", string(content))
}
