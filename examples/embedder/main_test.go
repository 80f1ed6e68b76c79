package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// embedder builds the program once for all tests.
var embedder string

func TestMain(m *testing.M) {
	os.Exit(withProgram(m))
}

func withProgram(m *testing.M) int {
	folder, err := os.MkdirTemp("", "embedder-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder) //nolint:errcheck // scratch
	embedder = filepath.Join(folder, "embedder")
	build := exec.CommandContext(context.Background(), "go", "build", "-o", embedder, ".")
	if output, err := build.CombinedOutput(); err != nil {
		panic(string(output))
	}
	return m.Run()
}

// configuration names the storage account of the environment, in a folder of its own.
func configuration(t *testing.T, changes map[string]any) string {
	t.Helper()
	driver := map[string]any{"name": "azure", "rootdirectory": "/embedder-" + rand.Text()}
	for key, variable := range map[string]string{
		"accountname": "AZURE_STORAGE_ACCOUNT_NAME", "accountkey": "AZURE_STORAGE_ACCOUNT_KEY",
		"container": "AZURE_STORAGE_CONTAINER", "serviceurl": "AZURE_SERVICE_URL",
	} {
		value, set := os.LookupEnv(variable)
		if !set {
			t.Fatalf("%s isn't set: run this with make embedder", variable)
		}
		driver[key] = value
	}
	maps.Copy(driver, changes)
	text, err := json.Marshal(map[string]any{"storageDriver": driver})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// start runs the program once.
func start(t *testing.T, arguments ...string) (output []byte, log string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), embedder, arguments...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.Bytes(), stderr.String(), err
}

// What is stored by one process is read by the next, byte for byte, and no start warns of anything:
// "name" is how an embedder chooses the driver, and isn't an unknown parameter.
func TestContentsAreKept(t *testing.T) {
	config := configuration(t, nil)
	content := make([]byte, 6<<20) // more than a block
	_, _ = rand.Read(content)      // never fails
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	file := filepath.Join(t.TempDir(), "content")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		command []string
		want    string
	}{
		{[]string{"list"}, ""},
		{[]string{"put", file}, digest + "\n"},
		{[]string{"put", file}, digest + "\n"}, // the same again
		{[]string{"list"}, digest + "\n"},
		{[]string{"get", digest}, string(content)},
	} {
		output, log, err := start(t, append([]string{config}, step.command...)...)
		if err != nil {
			t.Fatalf("%s: %v\n%s", step.command[0], err, log)
		}
		if string(output) != step.want {
			t.Errorf("%s gave %d bytes, not the %d wanted", step.command[0], len(output), len(step.want))
		}
		if strings.Contains(log, "level=warning") || strings.Contains(log, "level=error") {
			t.Errorf("%s: %s", step.command[0], log)
		}
	}
}

// The names that the driver has are no mistake, and a mistake is told.
func TestParametersThatAreUnknownAreTold(t *testing.T) {
	_, log, err := start(t, configuration(t, map[string]any{"name": "azure_v2"}), "list")
	if err != nil || strings.Contains(log, "level=warning") {
		t.Errorf("azure_v2: %v %s", err, log)
	}
	_, log, err = start(t, configuration(t, map[string]any{"chunk_size": 1}), "list")
	if err != nil || !strings.Contains(log, "storage.azure.chunk_size") {
		t.Errorf("chunk_size: %v %s", err, log)
	}
}

// A content that is missing is an error of the driver's own type, and what can't work is one message.
func TestErrorsNameTheirCause(t *testing.T) {
	config := configuration(t, nil)
	_, log, err := start(t, config, "get", strings.Repeat("0", 64))
	if err == nil || !strings.Contains(log, "Path not found") {
		t.Errorf("a content that is missing: %v %s", err, log)
	}
	_, log, err = start(t, configuration(t, map[string]any{"container": "Not/a/Container", "accountkey": "%"}), "list")
	if err == nil || !strings.Contains(log, "container") || !strings.Contains(log, "accountkey") {
		t.Errorf("two mistakes: %v %s", err, log)
	}
}
