package clients

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/stretchr/testify/require"
)

// client is a program with a home of its own, so that nobody's settings count and none change.
type client struct {
	path string
	env  []string
}

// tool is a client of this module, in the folder that CLIENTS names.
func tool(t *testing.T, name string) client {
	t.Helper()
	folder := os.Getenv("CLIENTS")
	require.NotEmpty(t, folder, "CLIENTS names the folder of the tools; `make clients` builds them and sets it")
	return client{filepath.Join(folder, name), home(t)}
}

// installed is a client of the system.
func installed(t *testing.T, name string) client {
	t.Helper()
	path, err := exec.LookPath(name)
	require.NoError(t, err, "apt-get install skopeo buildah podman")
	return client{path, home(t)}
}

func home(t *testing.T) []string {
	folder := t.TempDir()
	return []string{"HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "XDG_RUNTIME_DIR=" + folder}
}

func (c client) run(t *testing.T, arguments ...string) string {
	t.Helper()
	return run(t, c.env, c.path, arguments...)
}

// file writes a file and returns its path.
func file(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// archive is the path of a tar with one file.
func archive(t *testing.T, content string) string {
	t.Helper()
	var all bytes.Buffer
	writer := tar.NewWriter(&all)
	require.NoError(t, writer.WriteHeader(&tar.Header{Name: "file", Mode: 0o644, Size: int64(len(content))}))
	_, err := writer.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, writer.Close())
	return file(t, "layer.tar", all.String())
}

// onDisk is an OCI layout in which the tag 1 is an index of two platforms.
func onDisk(t *testing.T, title string) string {
	t.Helper()
	folder := t.TempDir()
	held, err := layout.Write(folder, empty.Index)
	require.NoError(t, err)
	named := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": "1"})
	require.NoError(t, held.AppendIndex(platforms(t, title), named))
	return folder
}

// containers are the flags with which buildah and podman keep all that they store in a
// folder of the test's own. Podman takes no long path.
func containers(t *testing.T) []string {
	t.Helper()
	folder, err := os.MkdirTemp("", "c")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(folder)) })
	return []string{"--root", filepath.Join(folder, "root"), "--runroot", filepath.Join(folder, "run"), "--storage-driver", "vfs"}
}

// policy lets them take any image.
func policy(t *testing.T) string {
	return file(t, "policy.json", `{"default": [{"type": "insecureAcceptAnything"}]}`)
}
