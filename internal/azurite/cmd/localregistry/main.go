// Command localregistry serves a registry on localhost:5000 that stores in
// Azurite, until it is interrupted. The data stays in the folder .azurite.
//
//	localregistry bin/registry
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

const (
	dataDir   = ".azurite"
	container = "registry"
)

//go:embed config.yml
var config []byte

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: localregistry BINARY")
		os.Exit(2)
	}
	if err := serve(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "localregistry:", err)
		os.Exit(1)
	}
}

// serve runs storage and registry until the registry ends or ctx is
// interrupted.
func serve(ctx context.Context, binary string) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	server, err := azurite.Start(ctx, azurite.Options{Dir: dataDir})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := server.CreateContainer(ctx, container); err != nil && !exists(err) {
		return err
	}
	path := filepath.Join(dataDir, "registry.yml")
	if err := os.WriteFile(path, config, 0o600); err != nil {
		return fmt.Errorf("write the registry's configuration: %w", err)
	}
	fmt.Println("registry on http://localhost:5000, metrics on http://localhost:5001/metrics, data in", dataDir)
	return registry(ctx, binary, path, server)
}

// exists reports whether the container is there from an earlier run.
func exists(err error) bool {
	var answer *azcore.ResponseError
	return errors.As(err, &answer) && answer.StatusCode == http.StatusConflict
}

// registry runs the binary; an interrupt is no error.
func registry(ctx context.Context, binary, config string, server *azurite.Server) error {
	cmd := exec.CommandContext(ctx, binary, "serve", config) //nolint:gosec // the binary is the caller's
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(),
		"OTEL_TRACES_EXPORTER=none",
		"REGISTRY_STORAGE_AZURE_ACCOUNTNAME="+server.Account,
		"REGISTRY_STORAGE_AZURE_ACCOUNTKEY="+server.Key,
		"REGISTRY_STORAGE_AZURE_SERVICEURL="+server.URL,
	)
	err := cmd.Run()
	if err == nil {
		return nil
	}
	// Ctrl-C at the terminal reaches the registry too, and may end it before
	// this program hears of the interrupt.
	select {
	case <-ctx.Done():
		return nil
	case <-time.After(time.Second):
		return fmt.Errorf("registry: %w", err)
	}
}
