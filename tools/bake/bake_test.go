// Package bake checks docker-bake.hcl with buildx itself, and the Dockerfile
// with BuildKit's own checks. Neither needs a build engine.
package bake

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// definition is what `buildx bake --print` makes of targets.
type definition struct {
	Target map[string]struct {
		Target    string
		Platforms []string
		Tags      []string
		Args      map[string]string
		Labels    map[string]string
		Attest    []map[string]string
		Output    []map[string]string
	}
}

// upstreamPlatforms are the platforms that upstream's image has.
var upstreamPlatforms = []string{
	"linux/amd64", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/ppc64le", "linux/riscv64", "linux/s390x",
}

// resolve runs buildx at the root of the repository.
func resolve(t *testing.T, targets ...string) definition {
	t.Helper()
	args := append([]string{"tool", "-modfile=tools/bake/go.mod", "buildx", "bake", "--print"}, targets...)
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "VERSION=v3.1.2-azure.1", "REVISION=abc", "SOURCE_DATE_EPOCH=7")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("buildx bake --print: %v\n%s", err, &stderr)
	}
	var d definition
	if err := json.Unmarshal(output, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDefaultIsTheLocalImage(t *testing.T) {
	d := resolve(t)
	if len(d.Target) != 1 || d.Target["image-local"].Target != "alpine" {
		t.Fatalf("bake without a target builds %v, want image-local from the stage alpine", d.Target)
	}
}

func TestVariablesReachEveryBuild(t *testing.T) {
	d := resolve(t, "binary", "artifact", "artifact-all", "image-local", "image-static-local", "image-all", "image-static-all")
	if len(d.Target) != 7 {
		t.Fatalf("got %d targets, want 7", len(d.Target))
	}
	for name, target := range d.Target {
		for arg, want := range map[string]string{"VERSION": "v3.1.2-azure.1", "REVISION": "abc", "SOURCE_DATE_EPOCH": "7"} {
			if got := target.Args[arg]; got != want {
				t.Errorf("%s: %s is %q, want %q", name, arg, got, want)
			}
		}
	}
}

func TestWhatIsPublishedIsForEveryPlatformAndAttested(t *testing.T) {
	d := resolve(t, "image-all", "image-static-all", "artifact-all")
	for name, target := range d.Target {
		platforms := slices.Sorted(slices.Values(target.Platforms))
		if !slices.Equal(platforms, upstreamPlatforms) {
			t.Errorf("%s is for %v, want %v", name, platforms, upstreamPlatforms)
		}
	}
	for name, stage := range map[string]string{"image-all": "alpine", "image-static-all": "static"} {
		target := d.Target[name]
		if target.Target != stage {
			t.Errorf("%s is made from the stage %s, want %s", name, target.Target, stage)
		}
		for _, kind := range []string{"provenance", "sbom"} {
			if !slices.ContainsFunc(target.Attest, func(a map[string]string) bool { return a["type"] == kind }) {
				t.Errorf("%s has no %s attestation", name, kind)
			}
		}
		if len(target.Output) != 1 || target.Output[0]["rewrite-timestamp"] != "true" {
			t.Errorf("%s keeps the time of the build in its files: %v", name, target.Output)
		}
		if got := target.Labels["org.opencontainers.image.version"]; got != "3.1.2-azure.1" {
			t.Errorf("%s is labelled version %q", name, got)
		}
	}
}

// One place decides the labels, and they follow from the commit alone: another
// build of it has the same digest.
func TestLabelsFollowFromTheCommit(t *testing.T) {
	d := resolve(t, "image-all", "image-static-all", "image-local", "image-static-local")
	for name, target := range d.Target {
		for label, want := range map[string]string{
			"title": "distribution-azure", "version": "3.1.2-azure.1", "revision": "abc", "created": "1970-01-01T00:00:07Z",
		} {
			if got := target.Labels["org.opencontainers.image."+label]; got != want {
				t.Errorf("%s is labelled %s %q, want %q", name, label, got, want)
			}
		}
		if len(target.Output) != 1 || target.Output[0]["rewrite-timestamp"] != "true" {
			t.Errorf("%s keeps the time of the build in its files: %v", name, target.Output)
		}
	}
	release, err := os.ReadFile("../../.github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(release), "metadata-action") {
		t.Error("the release workflow lets another action decide labels")
	}
}
