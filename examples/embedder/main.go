// Command embedder keeps files by the digest of their content in any storage that a driver of
// CNCF Distribution knows: an example of a program, as zot is one, that isn't a build of the
// registry and uses our azure driver.
//
//	embedder CONFIG put FILE      prints the file's digest
//	embedder CONFIG get DIGEST    prints the file
//	embedder CONFIG list          prints all digests
//
// The configuration is JSON. "name" chooses the driver, and is handed to it among its parameters:
//
//	{"storageDriver": {"name": "azure", "accountname": "…", "accountkey": "…", "container": "…"}}
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/distribution/distribution/v3/registry/storage/driver/factory"

	// Each driver registers itself under its name. Upstream's azure driver has the same one as
	// ours: import one of the two.
	_ "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

const usage = "usage: embedder CONFIG put FILE | get DIGEST | list"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "embedder:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string, output io.Writer) error {
	if len(arguments) < 2 {
		return fmt.Errorf("%s", usage)
	}
	s, err := open(ctx, arguments[0])
	if err != nil {
		return err
	}
	switch command, operands := arguments[1], arguments[2:]; {
	case command == "put" && len(operands) == 1:
		return putFile(ctx, s, operands[0], output)
	case command == "get" && len(operands) == 1:
		return s.get(ctx, operands[0], output)
	case command == "list" && len(operands) == 0:
		digests, err := s.list(ctx)
		for _, digest := range digests {
			fmt.Fprintln(output, digest)
		}
		return err
	default:
		return fmt.Errorf("%s", usage)
	}
}

// open makes the store that a configuration describes.
func open(ctx context.Context, file string) (*store, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	var config struct{ StorageDriver map[string]any }
	if err := json.Unmarshal(text, &config); err != nil {
		return nil, fmt.Errorf("reading the configuration %s: %w", file, err)
	}
	name := fmt.Sprint(config.StorageDriver["name"])
	driver, err := factory.Create(ctx, name, config.StorageDriver)
	if err != nil {
		return nil, fmt.Errorf("opening the storage %q: %w", name, err)
	}
	return &store{driver}, nil
}

func putFile(ctx context.Context, s *store, path string, output io.Writer) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // only read
	digest, err := s.put(ctx, file)
	if err == nil {
		fmt.Fprintln(output, digest)
	}
	return err
}
