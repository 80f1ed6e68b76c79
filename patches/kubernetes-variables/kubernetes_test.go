package configuration

import (
	"reflect"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
)

// TestKubernetesServiceVariables parses a configuration in a namespace with
// services whose names begin with the prefix of the registry's variables.
func TestKubernetesServiceVariables(t *testing.T) {
	for name, value := range map[string]string{
		"REGISTRY_SERVICE_HOST":                     "10.0.0.1",
		"REGISTRY_SERVICE_PORT":                     "5000",
		"REGISTRY_SERVICE_PORT_HTTP_5000":           "5000",
		"REGISTRY_PORT":                             "tcp://10.0.0.1:5000",
		"REGISTRY_PORT_5000_TCP":                    "tcp://10.0.0.1:5000",
		"REGISTRY_PORT_5000_TCP_ADDR":               "10.0.0.1",
		"REGISTRY_STORAGE_SERVICE_HOST":             "10.0.0.2",
		"REGISTRY_STORAGE_SERVICE_PORT":             "80",
		"REGISTRY_STORAGE_PORT":                     "tcp://10.0.0.2:80",
		"REGISTRY_HTTP_ADDR":                        ":6000",
		"REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": "/data",
	} {
		t.Setenv(name, value)
	}
	log := test.NewLocal(logrus.StandardLogger())
	defer logrus.StandardLogger().ReplaceHooks(logrus.LevelHooks{})

	parser := NewParser("registry", []VersionedParseInfo{{
		Version:        MajorMinorVersion(0, 1),
		ParseAs:        reflect.TypeFor[v0_1Configuration](),
		ConversionFunc: func(c any) (any, error) { return (*Configuration)(c.(*v0_1Configuration)), nil },
	}})
	var config Configuration
	if err := parser.Parse([]byte("version: 0.1\nstorage: {filesystem: {}}\n"), &config); err != nil {
		t.Fatal(err)
	}
	if entry := log.LastEntry(); entry != nil {
		t.Errorf("logged %q", entry.Message)
	}
	if got := config.Storage.Parameters()["rootdirectory"]; got != "/data" || len(config.Storage) != 1 {
		t.Errorf("storage is %v", config.Storage)
	}
	if config.HTTP.Addr != ":6000" {
		t.Errorf("address is %q", config.HTTP.Addr)
	}
}
