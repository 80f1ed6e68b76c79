package azurite

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"github.com/gofrs/flock"
)

const (
	lockfile = "package-lock.json"

	// stampFile lies in node_modules and holds the SHA-256 of the lockfile that
	// node_modules was installed from. npm empties node_modules before it installs, so
	// an installation that broke off has no stamp.
	stampFile = ".installed-from"

	// lockPoll is how often a process looks whether another has finished installing.
	lockPoll = 200 * time.Millisecond
)

// Install makes sure that the node_modules folder beside this file holds what
// package-lock.json pins. It runs `npm ci` if not, which needs the npm registry and
// takes about half a minute; otherwise it costs one hash. Any number of goroutines
// and processes may call it at once: one installs, the others wait for it.
//
// [Start] calls it, so only a program that wants the wait at another time needs to.
func Install(ctx context.Context) error {
	dir, err := folder()
	if err != nil {
		return err
	}
	if err := install(ctx, dir); err != nil {
		return fmt.Errorf("azurite: installing into %s: %w", dir, err)
	}
	return nil
}

func install(ctx context.Context, dir string) error {
	if ok, err := installed(dir); ok || err != nil {
		return err
	}

	lock := flock.New(filepath.Join(dir, ".install.lock"))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return fmt.Errorf("waiting for another installation: %w", err)
	}
	defer lock.Close() //nolint:errcheck // the process holds nothing else under this lock

	if ok, err := installed(dir); ok || err != nil {
		return err
	}
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	npm.Dir = dir
	if output, err := npm.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w\n%s", err, output)
	}
	return stamp(dir)
}

// installed reports whether node_modules in dir was installed from the lockfile as it is now.
func installed(dir string) (bool, error) {
	want, err := lockfileHash(dir)
	if err != nil {
		return false, err
	}
	got, err := os.ReadFile(filepath.Join(dir, "node_modules", stampFile)) //nolint:gosec // in our own folder
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return bytes.Equal(got, want), err
}

func stamp(dir string) error {
	hash, err := lockfileHash(dir)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "node_modules", stampFile), hash, 0o600)
}

func lockfileHash(dir string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(dir, lockfile)) //nolint:gosec // in our own folder
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(content)
	return []byte(hex.EncodeToString(sum[:])), nil
}

// folder finds this package's source folder. A binary built with -trimpath doesn't
// know where its source was, so the second guess is the module around the working
// directory, which for a test is always the right one.
func folder() (string, error) {
	if _, file, _, ok := runtime.Caller(0); ok && exists(filepath.Join(filepath.Dir(file), lockfile)) {
		return filepath.Dir(file), nil
	}
	start, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("azurite: finding %s: %w", lockfile, err)
	}
	for dir := start; ; dir = filepath.Dir(dir) {
		if found := filepath.Join(dir, "internal", "azurite"); exists(filepath.Join(found, lockfile)) {
			return found, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("azurite: no internal/azurite/%s in %s or above it", lockfile, start)
		}
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}
