package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPlatformsAreReadAsDockerWritesThem(t *testing.T) {
	for platform, want := range map[string]target{
		"linux/amd64":  {"linux", "amd64", ""},
		"linux/arm/v6": {"linux", "arm", "v6"},
	} {
		got, err := parsePlatform(platform)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, wrong := range []string{"", "linux", "linux/arm/v6/x"} {
		_, err := parsePlatform(wrong)
		require.Error(t, err, wrong)
	}
	require.Contains(t, target{"linux", "arm", "v6"}.environment(), "GOARM=6")
}

func TestBinaryForAnotherMachineIsRefused(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	_, err = inspect(self, target{"linux", "s390x", ""})
	require.Error(t, err)
}

func TestDockerfileBuildsTheSameWay(t *testing.T) {
	content, err := os.ReadFile("../../Dockerfile")
	require.NoError(t, err)
	for _, part := range []string{
		"CGO_ENABLED=0", "-buildvcs=false", "-trimpath", `-ldflags "-s -w -X ${STAMP}.version=`,
		"ARG STAMP=" + stamp + "\n", ".mainpkg=" + mainPackage + `"`,
	} {
		require.Contains(t, string(content), part)
	}
}
