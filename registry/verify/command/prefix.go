package command

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"

	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
)

// tellOtherPrefix says so if the container also holds a registry whose blobs' names
// start the other way: version 2 of the registry started them with a slash, and
// version 3 doesn't unless legacyrootprefix is set. What can't be found out is no
// reason not to go on.
func tellOtherPrefix(ctx context.Context, config *configuration.Configuration, w io.Writer) {
	if config.Storage.Type() != "azure" {
		return
	}
	parameters, legacy := otherPrefix(config.Storage.Parameters())
	driver, err := factory.Create(ctx, "azure", parameters)
	if err != nil {
		return
	}
	if entries, err := driver.List(ctx, layout.Root); err != nil || len(entries) == 0 {
		return
	}
	_, _ = fmt.Fprintf(w, "warning: this container also holds a registry under the other root prefix: "+
		"look at it with legacyrootprefix: %t\n", legacy)
}

// otherPrefix returns the parameters that lead to the other root prefix, and what
// they set legacyrootprefix to.
func otherPrefix(parameters configuration.Parameters) (other configuration.Parameters, legacy bool) {
	other = maps.Clone(parameters)
	legacy = !strings.EqualFold(fmt.Sprint(parameters["legacyrootprefix"]), "true")
	other["legacyrootprefix"] = legacy
	return other, legacy
}
