// Command dockerfilelint runs BuildKit's own Dockerfile checks, those of
// docker build --check, without a build engine: it parses the Dockerfile and
// resolves every stage, but asks no registry about the base images.
//
//	dockerfilelint Dockerfile
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerui"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: dockerfilelint DOCKERFILE")
		os.Exit(2)
	}
	if err := lint(context.Background(), os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "dockerfilelint:", err)
		os.Exit(1)
	}
}

// lint prints every warning about the Dockerfile, and fails if there is one.
func lint(ctx context.Context, name string, out io.Writer) error {
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	caps := pb.Caps.CapSet(pb.Caps.All())
	places := llb.NewSourceMap(nil, name, "Dockerfile", source)
	places.Definition = &llb.Definition{} // the linter reads it without asking whether it is there
	results, err := dockerfile2llb.DockerfileLint(ctx, source, dockerfile2llb.ConvertOpt{
		Config:       dockerui.Config{},
		MetaResolver: emptyImages{},
		LLBCaps:      &caps,
		SourceMap:    places,
	})
	if err != nil {
		return err
	}
	for _, warning := range results.Warnings {
		line := int32(0)
		if ranges := warning.Location.GetRanges(); len(ranges) > 0 {
			line = ranges[0].Start.Line
		}
		fmt.Fprintf(out, "%s:%d: %s: %s (%s)\n", name, line, warning.RuleName, warning.Detail, warning.URL)
	}
	if results.Error != nil {
		return errors.New(results.Error.Message)
	}
	if n := len(results.Warnings); n > 0 {
		return fmt.Errorf("%d warnings", n)
	}
	return nil
}

// emptyImages stands in for a registry: every base image exists and sets
// nothing.
type emptyImages struct{}

func (emptyImages) ResolveImageConfig(_ context.Context, ref string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	config := []byte(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers"}}`)
	return ref, digest.FromBytes(config), config, nil
}
