package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDockerfileHasNoWarning(t *testing.T) {
	if err := lint(t.Context(), "../../../Dockerfile", t.Output()); err != nil {
		t.Fatal(err)
	}
}

func TestWarningsAreFound(t *testing.T) {
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte("FROM alpine as Base\nENV API_TOKEN=x\nCMD echo $UNSET\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := lint(t.Context(), file, &out); err == nil {
		t.Fatal("a Dockerfile with warnings passes")
	}
	for _, rule := range []string{"FromAsCasing", "SecretsUsedInArgOrEnv", "JSONArgsRecommended"} {
		if !strings.Contains(out.String(), rule) {
			t.Errorf("%s is not reported:\n%s", rule, &out)
		}
	}
}

func TestAStageThatDoesNotExistIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(file, []byte("FROM scratch\nRUN --mount=from=nowhere:latest,target=/x [\"true\"]\nCOPY --from=7 / /\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lint(t.Context(), file, t.Output()); err == nil {
		t.Fatal("a Dockerfile that can't be built passes")
	}
}
