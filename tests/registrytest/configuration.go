package registrytest

import (
	"maps"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
)

// Section is a part of the registry's configuration.
type Section map[string]any

// With is the section with some keys set or changed.
func (s Section) With(changes Section) Section {
	changed := maps.Clone(s)
	maps.Copy(changed, changes)
	return changed
}

// Options are what differs between the registries of different tests.
type Options struct {
	Azure     Section                      // storage.azure
	Health    bool                         // the storage driver's health check
	Redirects bool                         // send clients who read to the storage
	Env       []string                     // in addition to a clean environment
	Arguments func(config string) []string // instead of "serve" and the configuration
	Binary    string                       // instead of ours
}

// Configuration is a whole one, with the debug server at an address. The secret is the same
// for all, so that any two registries on one container are replicas of each other.
func Configuration(o Options, debug string) Section {
	return Section{
		"version": 0.1,
		"log":     Section{"level": "info", "accesslog": Section{"disabled": true}},
		"storage": Section{
			"azure":       o.Azure,
			"delete":      Section{"enabled": true},
			"redirect":    Section{"disable": !o.Redirects},
			"maintenance": Section{"uploadpurging": Section{"enabled": false}},
		},
		"http": Section{
			"addr":         "127.0.0.1:0",
			"secret":       "the same for all replicas",
			"draintimeout": "5s",
			"debug":        Section{"addr": debug, "prometheus": Section{"enabled": true}},
		},
		"health": Section{"storagedriver": Section{"enabled": o.Health, "interval": "200ms", "threshold": 1}},
	}
}

// WriteConfig writes a configuration to a file and returns its path.
func WriteConfig(t testing.TB, config Section) string {
	t.Helper()
	text, err := yaml.Marshal(config)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// FreePort is one that nobody listens on. For the servers that can't be told to choose.
func FreePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return port
}
