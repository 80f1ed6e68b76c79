package main

import (
	"cmp"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/distribution/distribution/v3/version"
	"github.com/spf13/cobra"
)

const (
	thisModule     = "github.com/distribution-azure/distribution/v3"
	upstreamModule = "github.com/distribution/distribution/v3"
)

// showVersion makes `registry --version` name both versions: ours, and that of
// the upstream release inside.
func showVersion(root *cobra.Command) {
	upstreams := root.Run
	root.Run = func(cmd *cobra.Command, args []string) {
		if show, err := cmd.Flags().GetBool("version"); err != nil || !show {
			upstreams(cmd, args)
			return
		}
		build, _ := debug.ReadBuildInfo()
		fmt.Fprintln(cmd.OutOrStdout(), versionLine(build, builtWith()))
	}
}

// versionLine is the line in upstream's form (program, module, version), with
// upstream's own version and the patches to it behind it.
func versionLine(build *debug.BuildInfo, patched patchState) string {
	ours, upstreams := "", ""
	if build != nil {
		ours = build.Main.Version
		for _, module := range build.Deps {
			if module.Path == upstreamModule {
				upstreams = module.Version
			}
		}
	}
	inside := "distribution " + cmp.Or(patched.upstream, upstreams, "unknown")
	if state := patched.String(); state != "" {
		inside += "; " + state
	}
	return fmt.Sprintf("registry %s %s (%s)", thisModule, ourVersion(ours), inside)
}

// ourVersion is what the release build set by linker flag, or else the version
// under which Go knows the main module. Upstream's variable ends in "+unknown"
// unless it was set.
func ourVersion(module string) string {
	if set := version.Version(); !strings.HasSuffix(set, "+unknown") {
		return set
	}
	if module == "" || module == "(devel)" {
		return "devel"
	}
	return module
}
