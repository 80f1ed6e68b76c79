package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/verify"
)

// pollReadOnly is how often the configuration is read while waiting.
const pollReadOnly = 5 * time.Second

// errNotReadOnly says what is at stake.
var errNotReadOnly = errors.New("this storage can't write on condition: what is pushed or deleted in the moment between " +
	"repair's last look at a file and its writing may be lost. Set storage.maintenance.readonly.enabled for every " +
	"registry that writes to it and restart them; --wait-for-readonly waits until the configuration says so")

// guard warns of what a repair may lose where the driver has no conditions and
// the registry isn't read-only or, if it is to wait, waits until it is.
func guard(ctx context.Context, driver storagedriver.StorageDriver, wait bool, w io.Writer, read func() (*configuration.Configuration, error)) error {
	if _, ok := driver.(verify.Conditional); ok {
		return nil
	}
	ticker := time.NewTicker(pollReadOnly)
	defer ticker.Stop()
	for first := true; ; first = false {
		config, err := read()
		if err != nil {
			return err
		}
		if readOnly(config) {
			return nil
		}
		if first {
			_, _ = fmt.Fprintf(w, "warning: %v\n", errNotReadOnly)
		}
		if !wait {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// readOnly tells whether the registry takes no pushes and deletes.
func readOnly(config *configuration.Configuration) bool {
	switch section := config.Storage["maintenance"]["readonly"].(type) {
	case map[any]any:
		return section["enabled"] == true
	case map[string]any:
		return section["enabled"] == true
	}
	return false
}
