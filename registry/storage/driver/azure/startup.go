package azure

import (
	"context"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

const (
	// lookAroundTime bounds what the start-up looks at, so that storage which
	// can't be reached doesn't hold up the registry.
	lookAroundTime = 5 * time.Second
	// registryRoot is where upstream keeps everything.
	registryRoot = "/docker/registry/v2"
)

// warn logs what is odd about the configuration.
func warn(ctx context.Context, warnings []config.Warning) {
	for _, w := range warnings {
		service.Logger(ctx).WithField("key", w.Key).Warn(w.Text)
	}
}

// lookAround says in the log what an operator wants to know at start: that the
// storage can't be reached, or that a registry's data is there under names of
// the other style and isn't found. It creates the container if it is told to.
func (d *driver) lookAround(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookAroundTime)
	defer cancel()
	entry := service.Logger(ctx).WithFields(logrus.Fields{"container": d.settings.Container, "serviceurl": d.settings.ServiceURL})
	if d.settings.CreateContainer {
		created, err := d.service.CreateContainer(ctx)
		switch {
		case err != nil:
			entry.WithError(err).Warn("container could not be created")
		case created:
			entry.Info("container created")
		}
	}
	mine, err := d.holds(ctx, d.names.dirPrefix(registryRoot))
	other := false
	if err == nil {
		other, err = d.holds(ctx, d.names.other().dirPrefix(registryRoot))
	}
	if err != nil {
		entry.WithError(err).Warn("storage does not answer as it should; starting all the same, requests will be tried when they come")
	} else if text := d.settings.OtherStyle(mine, other); text != "" {
		entry.Warn(text)
	}
}
