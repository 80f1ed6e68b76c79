package azurite

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// command builds the command line of a server that may use the scratch folder.
func command(opts Options, scratch string, cert certificate) (*exec.Cmd, error) {
	home, err := folder()
	if err != nil {
		return nil, err
	}
	args := []string{
		"--require", filepath.Join(home, "exit-with-parent.cjs"),
		filepath.Join(home, "node_modules", "azurite", "dist", "src", "blob", "main.js"),
		"--blobHost", "127.0.0.1",
		"--blobPort", strconv.Itoa(opts.Port),
		"--skipApiVersionCheck",
		"--loose", // or x-ms-content-crc64 is answered with 500 FeatureNotSupported
		"--disableTelemetry",
		"--silent",
	}
	args = append(args, storageArgs(opts, scratch)...)
	if opts.HTTPS {
		args = append(args, "--cert", cert.certFile, "--key", cert.keyFile)
	}
	if opts.OAuth {
		args = append(args, "--oauth", "basic")
	}

	cmd := exec.Command("node", args...) //nolint:gosec,noctx // our own arguments; the server outlives every context
	cmd.Dir = home
	cmd.Env = environment()
	ownGroup(cmd)
	return cmd, nil
}

func storageArgs(opts Options, scratch string) []string {
	switch {
	case opts.Dir != "":
		// The process runs in another folder, where a relative path would mean something else.
		if dir, err := filepath.Abs(opts.Dir); err == nil {
			return []string{"--location", dir}
		}
		return []string{"--location", opts.Dir}
	case !opts.InMemory:
		return []string{"--location", filepath.Join(scratch, "data")}
	case opts.MemoryLimit > 0:
		megabytes := float64(opts.MemoryLimit) / (1 << 20)
		return []string{"--inMemoryPersistence", "--extentMemoryLimit", fmt.Sprint(megabytes)}
	default:
		return []string{"--inMemoryPersistence"}
	}
}

// environment is this process's without what would change Azurite's accounts, its
// database, or node itself. Azurite fetches the source of some copies over HTTP:
// that must not go through a proxy either.
func environment() []string {
	env := slices.DeleteFunc(os.Environ(), func(entry string) bool {
		name, _, _ := strings.Cut(strings.ToUpper(entry), "=")
		return strings.HasPrefix(name, "AZURITE_") || name == "NODE_OPTIONS" || name == "NO_PROXY"
	})
	return append(env, "NO_PROXY=127.0.0.1,localhost")
}
