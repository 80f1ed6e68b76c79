package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/sirupsen/logrus"
)

// openStorage makes the storage driver that the configuration describes, the way
// that serve does.
func openStorage(ctx context.Context, args []string) (storagedriver.StorageDriver, *configuration.Configuration, error) {
	config, err := readConfiguration(args)
	if err != nil {
		return nil, nil, err
	}
	// What drivers have to say about each request would drown the report.
	logrus.SetLevel(logrus.WarnLevel)
	driver, err := factory.Create(ctx, config.Storage.Type(), config.Storage.Parameters())
	if err != nil {
		return nil, nil, fmt.Errorf("opening the %s storage: %w", config.Storage.Type(), err)
	}
	return driver, config, nil
}

// readConfiguration reads the registry's configuration, from the file that serve
// would take it from.
func readConfiguration(args []string) (*configuration.Configuration, error) {
	path := os.Getenv("REGISTRY_CONFIGURATION_PATH")
	if len(args) > 0 {
		path = args[0]
	}
	if path == "" {
		return nil, errors.New("no configuration: give its path, or set REGISTRY_CONFIGURATION_PATH")
	}
	file, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("opening the configuration: %w", err)
	}
	config, err := configuration.Parse(file)
	if err := errors.Join(err, file.Close()); err != nil {
		return nil, fmt.Errorf("reading the configuration %s: %w", path, err)
	}
	return config, nil
}

// storageName names a storage so that two of them aren't taken for each other. It
// has nothing secret.
func storageName(config *configuration.Configuration) string {
	parameters := config.Storage.Parameters()
	name := config.Storage.Type()
	for _, key := range []string{"accountname", "serviceurl", "container", "bucket", "regionendpoint", "rootdirectory"} {
		if value, ok := parameters[key]; ok {
			name += fmt.Sprintf(" %s=%s", key, withoutSecret(fmt.Sprint(value)))
		}
	}
	if _, other := otherPrefix(parameters); config.Storage.Type() == "azure" && !other {
		name += " legacyrootprefix=true"
	}
	if text, ok := parameters["connectionstring"].(string); ok {
		for _, part := range strings.Split(text, ";") {
			key, value, _ := strings.Cut(part, "=")
			switch strings.ToLower(strings.TrimSpace(key)) {
			case "accountname", "blobendpoint", "endpointsuffix":
				name += fmt.Sprintf(" %s=%s", strings.ToLower(strings.TrimSpace(key)), withoutSecret(value))
			}
		}
	}
	return name
}

// withoutSecret cuts off what may be a signature, and takes out a password.
func withoutSecret(address string) string {
	address, _, _ = strings.Cut(address, "?")
	if u, err := url.Parse(address); err == nil && u.User != nil {
		u.User = nil
		return u.String()
	}
	return address
}

// openOutput opens where the report goes.
func openOutput(stdout io.Writer, path string) (io.WriteCloser, error) {
	if path == "" {
		return nopCloser{stdout}, nil
	}
	file, err := os.Create(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("opening the report: %w", err)
	}
	return file, nil
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
