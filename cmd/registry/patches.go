package main

import (
	"net/http"
	"slices"
	"strings"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry"
	"github.com/sirupsen/logrus"

	"github.com/distribution-azure/distribution/v3/patches"
)

// patchState says which patches of upstream's code are in this binary. The
// copy of upstream that make writes tells by notes on its root command;
// upstream itself makes none.
type patchState struct {
	upstream string // the version that was patched; "" if none was
	applied  []string
	lacking  []string // of those that the binary is meant to have
}

func readPatchState(notes map[string]string, wanted []string) patchState {
	s := patchState{upstream: notes["upstream"], applied: strings.Fields(notes["patches"])}
	for _, name := range wanted {
		if !slices.Contains(s.applied, name) {
			s.lacking = append(s.lacking, name)
		}
	}
	return s
}

func builtWith() patchState {
	return readPatchState(registry.RootCmd.Annotations, patches.Fork())
}

// String is for the end of the version's line.
func (s patchState) String() string {
	var parts []string
	if len(s.applied) > 0 {
		parts = append(parts, "patches: "+strings.Join(s.applied, " "))
	}
	if len(s.lacking) > 0 {
		parts = append(parts, "WITHOUT patches: "+strings.Join(s.lacking, " "))
	}
	return strings.Join(parts, "; ")
}

// announcePatches makes serve log the patches, once its log is set up.
func announcePatches() {
	registry.RegisterHandler(func(_ *configuration.Configuration, handler http.Handler) http.Handler {
		builtWith().log(logrus.StandardLogger())
		return handler
	})
}

func (s patchState) log(logger logrus.FieldLogger) {
	if len(s.applied) > 0 {
		logger.Infof("upstream %s with %d patches: %s", s.upstream, len(s.applied), strings.Join(s.applied, " "))
	}
	if len(s.lacking) > 0 {
		logger.Warnf("built WITHOUT %d patches that this registry is meant to have: %s. Known faults of upstream's are not mended; build it with make",
			len(s.lacking), strings.Join(s.lacking, " "))
	}
}
