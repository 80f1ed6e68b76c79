package handlers

import (
	"context"
	"testing"
	"time"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/health"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// silentDriver never answers.
type silentDriver struct {
	storagedriver.StorageDriver
}

func (silentDriver) Stat(ctx context.Context, _ string) (storagedriver.FileInfo, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestStorageHealthCheckOfSilentStorage expects storage that doesn't answer to
// be noticed as storage that refuses is.
func TestStorageHealthCheckOfSilentStorage(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	config := &configuration.Configuration{
		Storage: configuration.Storage{
			"maintenance": configuration.Parameters{"uploadpurging": map[any]any{"enabled": false}},
			"inmemory":    configuration.Parameters{},
		},
	}
	config.Health.StorageDriver.Enabled = true
	config.Health.StorageDriver.Interval = 10 * time.Millisecond
	config.Health.StorageDriver.Threshold = 2
	app := NewApp(ctx, config)
	app.driver = silentDriver{app.driver}
	checks := health.NewRegistry()
	app.RegisterHealthChecks(checks)

	for deadline := time.Now().Add(10 * time.Second); len(checks.CheckStatus(ctx)) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("storage that doesn't answer counts as healthy")
		}
	}
}
