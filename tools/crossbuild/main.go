// Command crossbuild builds the registry as the image's Dockerfile does, for
// every platform of docker-bake.hcl, and checks each binary: the right
// machine, no dynamic linker, no path of this machine inside. It prints a
// SHA-256 for each.
//
//	crossbuild [-version V] [-revision R] [-out DIR] [-platform linux/arm64]
//	crossbuild -reproduce [-platform linux/amd64]
//
// With -reproduce it builds one platform twice, from two folders and with a
// build cache of its own the second time, and fails if the bytes differ.
//
// It runs from the root of the repository.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "crossbuild:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var b build
	flag.StringVar(&b.version, "version", "v0.0.0-unreleased", "version to stamp into the binary")
	flag.StringVar(&b.revision, "revision", "unknown", "commit id to stamp into the binary")
	only := flag.String("platform", "", "build this platform only")
	out := flag.String("out", "", "keep the binaries in this folder")
	twice := flag.Bool("reproduce", false, "build one platform twice and compare")
	flag.Parse()

	platforms, err := bakePlatforms("docker-bake.hcl")
	if err != nil {
		return err
	}
	if *only != "" {
		platforms = []string{*only}
	}
	scratch, err := os.MkdirTemp("", "crossbuild-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	if *twice {
		if len(platforms) != 1 {
			return errors.New("-reproduce needs -platform")
		}
		return reproduce(ctx, b, platforms[0], scratch)
	}
	if *out == "" {
		*out = scratch
	}
	return buildAll(ctx, b, platforms, *out)
}

// buildAll builds and checks every platform, one after the other: each build
// uses all cores by itself.
func buildAll(ctx context.Context, b build, platforms []string, out string) error {
	for _, platform := range platforms {
		started := time.Now()
		target, err := parsePlatform(platform)
		if err != nil {
			return err
		}
		file := filepath.Join(out, "registry_"+target.name())
		if err := b.run(ctx, ".", target, file, nil); err != nil {
			return err
		}
		sum, err := inspect(file, target)
		if err != nil {
			return fmt.Errorf("%s: %w", platform, err)
		}
		fmt.Printf("%s  %-14s %s\n", sum, platform, time.Since(started).Round(time.Second))
	}
	return nil
}
