package main

import (
	"runtime/debug"
	"testing"
)

func TestVersionLineNamesBothVersions(t *testing.T) {
	build := &debug.BuildInfo{
		Main: debug.Module{Path: thisModule, Version: "v3.1.2-azure.1"},
		Deps: []*debug.Module{{Path: "example.invalid/other", Version: "v9"}, {Path: upstreamModule, Version: "v3.1.2"}},
	}
	for _, c := range []struct {
		build *debug.BuildInfo
		want  string
	}{
		{build, "registry " + thisModule + " v3.1.2-azure.1 (distribution v3.1.2)"},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "registry " + thisModule + " devel (distribution unknown)"},
		{nil, "registry " + thisModule + " devel (distribution unknown)"},
	} {
		if got := versionLine(c.build, patchState{}); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}
