package main

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
	logged "github.com/sirupsen/logrus/hooks/test"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/patches"
)

func TestVersionAndLogNameThePatches(t *testing.T) {
	build := &debug.BuildInfo{Deps: []*debug.Module{{Path: upstreamModule, Version: "(devel)"}}}
	for name, c := range map[string]struct {
		notes   map[string]string
		version string
		levels  []logrus.Level
	}{
		"all": {
			map[string]string{"upstream": "v3.1.2", "patches": "one two"},
			"(distribution v3.1.2; patches: one two)", []logrus.Level{logrus.InfoLevel},
		},
		"an old copy": {
			map[string]string{"upstream": "v3.1.2", "patches": "one"},
			"(distribution v3.1.2; patches: one; WITHOUT patches: two)", []logrus.Level{logrus.InfoLevel, logrus.WarnLevel},
		},
		"pristine": {nil, "(distribution (devel); WITHOUT patches: one two)", []logrus.Level{logrus.WarnLevel}},
	} {
		t.Run(name, func(t *testing.T) {
			state := readPatchState(c.notes, []string{"one", "two"})
			require.Equal(t, "registry "+thisModule+" devel "+c.version, versionLine(build, state))

			logger, hook := logged.NewNullLogger()
			state.log(logger)
			var levels []logrus.Level
			for _, entry := range hook.AllEntries() {
				levels = append(levels, entry.Level)
			}
			require.Equal(t, c.levels, levels)
		})
	}
}

// make test runs in the workspace; a plain go test says what it lacks.
func TestThisBuildHasItsPatches(t *testing.T) {
	state := builtWith()
	if state.upstream == "" {
		t.Log("not in the workspace that make writes:", state)
		return
	}
	require.Equal(t, strings.Join(patches.Fork(), " "), strings.Join(state.applied, " "), "run make")
	require.Empty(t, state.lacking)
}
