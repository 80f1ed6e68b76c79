package product

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startTimeout bounds the time between starting a registry and its listening.
const startTimeout = 2 * time.Minute

// binary is the registry, built as the Dockerfile and tools/crossbuild do. In
// a root of its own only a static binary runs.
var binary string

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "product-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary = filepath.Join(dir, "registry")
	build := exec.Command("go", "build", "-buildvcs=false", "-trimpath", "-ldflags=-s -w", "-o", binary, "../../cmd/registry")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build the registry: %v\n%s", err, output)
		return 1
	}
	return m.Run()
}

// container runs the binary as a container of the static image would run: in
// a root of its own that holds the image's files and nothing else (no shell,
// no /tmp, no /proc), where nothing can be written but the volume, as a user
// that isn't root.
type container struct {
	root string
	uid  int
	env  []string // nothing of the test's own environment
}

// newContainer lays the image's files out. The configuration, if not empty,
// replaces the image's, as a file or folder mounted there would.
func newContainer(t *testing.T, configuration string) *container {
	t.Helper()
	c := &container{root: t.TempDir(), uid: 1000}
	for _, dir := range []string{"bin", "etc/distribution", "var/lib/registry"} {
		require.NoError(t, os.MkdirAll(filepath.Join(c.root, dir), 0o755))
	}
	require.NoError(t, os.Link(binary, filepath.Join(c.root, "bin/registry")))
	require.NoError(t, os.Symlink("/bin/registry", filepath.Join(c.root, "entrypoint.sh")))
	if configuration == "" {
		ours, err := os.ReadFile("../../deploy/image/config.yml")
		require.NoError(t, err)
		configuration = string(ours)
	}
	require.NoError(t, os.WriteFile(filepath.Join(c.root, "etc/distribution/config.yml"), []byte(configuration), 0o444))
	require.NoError(t, os.Chmod(filepath.Join(c.root, "var/lib/registry"), 0o777|os.ModeSticky))
	c.env = append([]string{"PATH=/bin"}, readStage(t, "static").env...)
	// Loopback and a free port, because this is no network of its own.
	c.env = append(c.env, "REGISTRY_HTTP_ADDR=127.0.0.1:0", "REGISTRY_HTTP_DEBUG_ADDR=127.0.0.1:0")
	c.seal(t)
	return c
}

// seal takes the right to write away from every folder but the volume, and
// gives it back for cleaning up.
func (c *container) seal(t *testing.T) {
	t.Helper()
	for _, dir := range []string{"bin", "etc/distribution", "etc", "var/lib", "var", "."} {
		require.NoError(t, os.Chmod(filepath.Join(c.root, dir), 0o555))
	}
	t.Cleanup(func() {
		for _, dir := range []string{".", "var", "var/lib", "etc", "etc/distribution", "bin"} {
			require.NoError(t, os.Chmod(filepath.Join(c.root, dir), 0o755))
		}
	})
	// t.TempDir's own folders must let that user through.
	for dir := filepath.Dir(c.root); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		require.NoError(t, os.Chmod(dir, 0o755))
	}
}

// volume mounts a folder that the container's user may write to.
func (c *container) volume(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, os.Chmod(c.root, 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(c.root, name), 0o755))
	require.NoError(t, os.Chmod(filepath.Join(c.root, name), 0o777|os.ModeSticky))
	require.NoError(t, os.Chmod(c.root, 0o555))
}

// command is what a container engine would execute: the image's entrypoint,
// or another, followed by arguments.
func (c *container) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	if !filepath.IsAbs(path) {
		path = filepath.Join("/bin", path)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Err = nil // exec looked for the path outside the root
	cmd.Dir = "/"
	cmd.Env = c.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: c.root}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(c.uid), Gid: uint32(c.uid)}
		return cmd
	}
	// Without root, a user namespace of the process's own allows the chroot.
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: c.uid, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: c.uid, HostID: os.Getgid(), Size: 1}}
	return cmd
}

// run runs a command to its end and returns what it printed.
func (c *container) run(t *testing.T, path string, args ...string) string {
	t.Helper()
	output, err := c.command(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, string(output))
	return string(output)
}

var listening = regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)

// serve starts a registry and returns its address once it listens. It is
// stopped when the test ends.
func (c *container) serve(t *testing.T, path string, args ...string) string {
	t.Helper()
	return c.start(t, path, args...).address
}

// replica is a registry that listens.
type replica struct {
	address string
	process *os.Process
	ended   chan struct{} // closed when the process has ended
}

// start starts a registry and waits until it listens. It is stopped when the
// test ends.
func (c *container) start(t *testing.T, path string, args ...string) *replica {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cmd := c.command(ctx, path, args...)
	logs, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	started := &replica{process: cmd.Process, ended: make(chan struct{})}
	read := make(chan struct{})
	go func() {
		defer close(started.ended)
		<-read
		_ = cmd.Wait() // it may have been killed
	}()
	t.Cleanup(func() {
		cancel()
		<-started.ended
	})

	address := make(chan string, 1)
	var said strings.Builder
	go func() {
		defer close(read)
		defer close(address)
		lines := bufio.NewReader(logs)
		for found := false; ; {
			line, err := lines.ReadString('\n')
			if match := listening.FindStringSubmatch(line); match != nil && !found {
				found = true
				address <- match[1]
			} else if !found {
				said.WriteString(line)
			}
			if err != nil {
				return
			}
		}
	}()
	select {
	case found, ok := <-address:
		require.True(t, ok, "the registry ended:\n%s", &said)
		started.address = found
	case <-time.After(startTimeout):
		t.Fatal("the registry doesn't listen")
	}
	return started
}

// files lists what is in the root apart from the volume.
func (c *container) files(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(c.root, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "/var/lib/registry") {
			return filepath.SkipDir
		}
		names = append(names, name)
		return nil
	})
	require.NoError(t, err)
	return names
}
