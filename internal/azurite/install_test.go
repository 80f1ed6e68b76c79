package azurite

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestInstalledGoesByTheLockfile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expectInstalled := func(want bool, when string) {
		t.Helper()
		if got, err := installed(dir); err != nil || got != want {
			t.Errorf("%s: %v, %v", when, got, err)
		}
	}

	write(lockfile, "first")
	expectInstalled(false, "without node_modules")
	write("node_modules/something", "")
	expectInstalled(false, "with a node_modules that nobody finished")
	if err := stamp(dir); err != nil {
		t.Fatal(err)
	}
	expectInstalled(true, "after an installation")
	write(lockfile, "second")
	expectInstalled(false, "with another lockfile")
}

func TestInstallMayBeCalledAtOnce(t *testing.T) {
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			if err := Install(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
}

// TestInstallRunsNpm installs a project without dependencies, which needs no registry.
func TestInstallRunsNpm(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"package.json": `{"name": "empty", "version": "1.0.0"}`,
		lockfile: `{"name": "empty", "version": "1.0.0", "lockfileVersion": 3,
			"packages": {"": {"name": "empty", "version": "1.0.0"}}}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// npm makes no node_modules for a project without dependencies.
	if err := os.Mkdir(filepath.Join(dir, "node_modules"), 0o755); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for range 4 {
		callers.Go(func() {
			if err := install(t.Context(), dir); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if ok, err := installed(dir); !ok || err != nil {
		t.Errorf("installed: %v, %v", ok, err)
	}
}

// TestLockfileNamesNoRegistry keeps one machine's mirror out of everybody's installation.
func TestLockfileNamesNoRegistry(t *testing.T) {
	dir, err := folder()
	if err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, lockfile))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(content), `"resolved"`) {
		t.Errorf("%s has download addresses: run npm in %s, whose .npmrc leaves them out", lockfile, dir)
	}
}
