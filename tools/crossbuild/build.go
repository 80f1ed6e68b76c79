package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

// stamp is the package of upstream's whose variables name the version.
const stamp = "github.com/distribution/distribution/v3/version"

// mainPackage is what upstream calls the project a binary was built from.
const mainPackage = "github.com/distribution-azure/distribution/v3"

// build is how a binary is built; the Dockerfile has the same flags.
type build struct{ version, revision string }

// run builds ./cmd/registry of the tree in dir. Settings in env come last.
func (b build) run(ctx context.Context, dir string, t target, file string, env []string) error {
	ldflags := fmt.Sprintf("-s -w -X %[1]s.version=%[2]s -X %[1]s.revision=%[3]s -X %[1]s.mainpkg=%[4]s",
		stamp, b.version, b.revision, mainPackage)
	cmd := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-trimpath", "-ldflags", ldflags, "-o", file, "./cmd/registry")
	cmd.Dir = dir
	cmd.Env = slices.Concat(os.Environ(), t.environment(), env)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build for %s: %w\n%s", t.name(), err, output)
	}
	return nil
}

// target is a platform in Docker's words, linux/arm/v6.
type target struct{ os, arch, variant string }

func parsePlatform(platform string) (target, error) {
	parts := strings.Split(platform, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return target{}, fmt.Errorf("%q is not a platform like linux/arm64 or linux/arm/v7", platform)
	}
	return target{parts[0], parts[1], strings.Join(parts[2:], "")}, nil
}

// environment makes the go command build for the target.
func (t target) environment() []string {
	return []string{"CGO_ENABLED=0", "GOOS=" + t.os, "GOARCH=" + t.arch, "GOARM=" + strings.TrimPrefix(t.variant, "v")}
}

func (t target) name() string { return t.os + "_" + t.arch + t.variant }

var (
	platformList = regexp.MustCompile(`(?s)target "_platforms" \{\s*platforms = \[(.*?)\]`)
	quoted       = regexp.MustCompile(`"([^"]+)"`)
)

// bakePlatforms reads the platforms of the images from the bake file.
func bakePlatforms(file string) ([]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	list := platformList.FindSubmatch(content)
	if list == nil {
		return nil, errors.New(file + ` has no target "_platforms"`)
	}
	var platforms []string
	for _, match := range quoted.FindAllSubmatch(list[1], -1) {
		platforms = append(platforms, string(match[1]))
	}
	return platforms, nil
}
