package command

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// openElsewhere opens the same container under the other root prefix: version 2 of
// the registry started the names of its blobs with a slash, and version 3 doesn't
// unless legacyrootprefix is set. Other storages have one prefix only.
func openElsewhere(ctx context.Context, config *configuration.Configuration) (verify.Elsewhere, error) {
	if config.Storage.Type() != "azure" {
		return verify.Elsewhere{}, nil
	}
	level := logrus.GetLevel()
	logrus.SetLevel(logrus.ErrorLevel) // the driver says again what it has said of the first one
	defer logrus.SetLevel(level)
	parameters, legacy := otherPrefix(config.Storage.Parameters())
	driver, err := factory.Create(ctx, "azure", parameters)
	if err != nil {
		return verify.Elsewhere{}, fmt.Errorf("opening the storage under the other root prefix: %w", err)
	}
	return verify.Elsewhere{Driver: driver, Setting: fmt.Sprintf("legacyrootprefix: %t", legacy)}, nil
}

// otherPrefix returns the parameters that lead to the other root prefix, and what
// they set legacyrootprefix to. GitLab's spelling says the opposite, and counts only
// where the other one isn't given.
func otherPrefix(parameters configuration.Parameters) (other configuration.Parameters, legacy bool) {
	given := make(map[string]bool)
	other = maps.Clone(parameters)
	for key, value := range parameters {
		name := strings.ReplaceAll(strings.ToLower(key), "_", "")
		if name == "legacyrootprefix" || name == "trimlegacyrootprefix" {
			given[name], _ = strconv.ParseBool(fmt.Sprint(value)) // what is none starts as false
			delete(other, key)
		}
	}
	legacy = true
	if set, ok := given["legacyrootprefix"]; ok {
		legacy = !set
	} else if trim, ok := given["trimlegacyrootprefix"]; ok {
		legacy = trim
	}
	other["legacyrootprefix"] = legacy
	return other, legacy
}
