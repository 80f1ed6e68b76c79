// Package replica is one registry under measurement: what runs in a process of
// its own with one azure driver or the other, and how that process is started,
// told what to do, and asked what it needed.
package replica

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/handlers"
	"github.com/distribution/distribution/v3/registry/storage"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/sirupsen/logrus"
)

// Job is what a replica is to do with which storage.
type Job struct {
	Task       Task
	ServiceURL string // of the storage account
	Account    string
	Key        string
	Container  string
	Path       string // for Delete, List and Walk: where
	Untagged   bool   // for Collect: manifests without a tag, too
	NarrowLink bool   // for Serve: connections hold SocketBuffer instead of megabytes
}

// Task is a kind of work.
type Task string

// The tasks.
const (
	Serve   Task = "serve"   // the registry's HTTP interface, redirects off
	Collect Task = "collect" // garbage collection
	Delete  Task = "delete"  // of a folder
	List    Task = "list"    // of a folder's children
	Walk    Task = "walk"    // of a folder
)

// Do carries out any task but Serve. The azure driver is the one linked in.
func Do(ctx context.Context, job Job) error {
	logrus.SetOutput(io.Discard)
	driver, err := factory.Create(ctx, "azure", job.parameters())
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	switch job.Task {
	case Delete:
		return driver.Delete(ctx, job.Path)
	case List:
		_, err := driver.List(ctx, job.Path)
		return err
	case Walk:
		return driver.Walk(ctx, job.Path, func(storagedriver.FileInfo) error { return nil })
	case Collect:
		registry, err := storage.NewRegistry(ctx, driver, storage.EnableDelete)
		if err != nil {
			return fmt.Errorf("replica: %w", err)
		}
		return storage.MarkAndSweep(ctx, driver, registry, storage.GCOpts{Quiet: true, RemoveUntagged: job.Untagged})
	default:
		return fmt.Errorf("replica: no task %q", job.Task)
	}
}

// Handler is the registry's HTTP interface, with redirects and the purging of old
// uploads off and no cache but the one per request. It works until ctx ends.
func Handler(ctx context.Context, job Job) http.Handler {
	logrus.SetOutput(io.Discard)
	config := &configuration.Configuration{
		Version: configuration.CurrentVersion,
		Log:     configuration.Log{Level: "error", AccessLog: configuration.AccessLog{Disabled: true}},
		Storage: configuration.Storage{
			"azure":       job.parameters(),
			"redirect":    {"disable": true},
			"delete":      {"enabled": true},
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
		},
		Catalog: configuration.Catalog{MaxEntries: 1000},
	}
	return handlers.NewApp(ctx, config)
}

func (j Job) parameters() configuration.Parameters {
	return configuration.Parameters{
		"accountname": j.Account,
		"accountkey":  j.Key,
		"container":   j.Container,
		"serviceurl":  j.ServiceURL,
		"credentials": map[string]any{"type": "shared_key"},
	}
}
