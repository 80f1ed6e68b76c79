package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Upstream's own checks run go mod tidy, which would move the module of a
// package that upstream itself doesn't import out of the indirect ones.
func TestImportOfAnIndirectModuleIsFound(t *testing.T) {
	q, up := upstreamAt(t, "")
	c := checker{scratch: pristine(t, q, up), out: t.Output()}
	require.NoError(t, c.tidy(t.Context()), "upstream itself is tidy")

	file := filepath.Join(c.scratch.dir, "registry", "storage", "driver", "azure", "added.go")
	require.NoError(t, os.WriteFile(file, []byte("package azure\n\nimport _ \"github.com/prometheus/client_golang/prometheus\"\n"), 0o600))
	require.ErrorContains(t, c.tidy(t.Context()), "+\tgithub.com/prometheus/client_golang ")
}

func TestPackageThatUpstreamDoesNotVendorIsFound(t *testing.T) {
	q, up := upstreamAt(t, "")
	c := checker{scratch: pristine(t, q, up), out: t.Output()}
	var err error
	c.vendored, err = c.dependencies(t.Context(), "./...")
	require.NoError(t, err)
	require.NoError(t, c.onlyVendored(t.Context()))

	file := filepath.Join(c.scratch.dir, "registry", "storage", "driver", "azure", "added.go")
	require.NoError(t, os.WriteFile(file, []byte("package azure\n\nimport _ \"github.com/sirupsen/logrus/hooks/syslog\"\n"), 0o600))
	require.ErrorContains(t, c.onlyVendored(t.Context()), "github.com/sirupsen/logrus/hooks/syslog, which nothing in upstream imports")
}

func TestSkippedSuiteIsNotTakenForPassed(t *testing.T) {
	require.True(t, suitePassed.MatchString("=== RUN x\n--- PASS: TestAzureDriverSuite (2.00s)\n"), "upstream's")
	require.True(t, suitePassed.MatchString("--- PASS: TestDriverSuite (2.00s)\n"), "ours")
	require.False(t, suitePassed.MatchString("--- SKIP: TestDriverSuite (0.00s)\n    --- PASS: TestDriverSuite/TestList (0.00s)\n"))
}
