package e2e

import (
	"context"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
)

// section is a part of the registry's configuration.
type section map[string]any

// with is the section with some keys set or changed.
func (s section) with(changes section) section {
	changed := maps.Clone(s)
	maps.Copy(changed, changes)
	return changed
}

// registry is a running registry.
type registry struct {
	address string // host and port, as an image's name begins
	debug   string // URL of the debug server
	config  string // path of the configuration
	log     *output

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of the process, valid once exited is closed
}

// logTail is how many lines of the registry's log a failing test shows.
const logTail = 60

// options are what differs between the registries of different tests.
type options struct {
	azure     section  // storage.azure
	health    bool     // the storage driver's health check
	redirects bool     // send clients who read to the storage
	env       []string // in addition to a clean environment
	arguments func(config string) []string
}

// startRegistry starts the binary, waits until it listens, and stops it when the test ends.
// A test that fails shows the end of its log.
func startRegistry(t testing.TB, o options) *registry {
	t.Helper()
	r := launch(t, o)
	r.address = r.log.await(t, `msg="listening on ([^"]+)"`)
	return r
}

func launch(t testing.TB, o options) *registry {
	t.Helper()
	debug := "127.0.0.1:" + freePort(t)
	r := &registry{
		debug:  "http://" + debug,
		config: writeConfig(t, configuration(o, debug)),
		log:    new(output),
		exited: make(chan struct{}),
	}
	arguments := []string{"serve", r.config}
	if o.arguments != nil {
		arguments = o.arguments(r.config)
	}
	r.cmd = command(t, o.env, arguments...)
	r.cmd.Stdout, r.cmd.Stderr = r.log, r.log
	require.NoError(t, r.cmd.Start())
	go func() {
		r.err = r.cmd.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() { r.stop(t) })
	return r
}

// stop ends the process and complains if it had ended before, as after a data race.
func (r *registry) stop(t testing.TB) {
	select {
	case <-r.exited:
		t.Errorf("the registry ended by itself: %v", r.err)
	default:
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-r.exited:
	case <-time.After(patience):
		t.Error("the registry doesn't stop")
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
	if t.Failed() {
		t.Logf("the end of the registry's log:\n%s", r.log.tail(logTail))
	}
}

// command is the binary with arguments, in an environment without anybody's settings. Tests
// that run out of time still end it.
func command(t testing.TB, env []string, arguments ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary(t), arguments...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"OTEL_TRACES_EXPORTER=none", "GORACE=halt_on_error=1", "HOME=" + cmd.Dir}, env...)
	return cmd
}

// configuration is a whole one. The secret is the same for all, so that any two
// registries on one container are replicas of each other.
func configuration(o options, debug string) section {
	return section{
		"version": 0.1,
		"log":     section{"level": "info"},
		"storage": section{
			"azure":       o.azure,
			"delete":      section{"enabled": true},
			"redirect":    section{"disable": !o.redirects},
			"maintenance": section{"uploadpurging": section{"enabled": false}},
		},
		"http": section{
			"addr":         "127.0.0.1:0",
			"secret":       "the same for all replicas",
			"draintimeout": "5s",
			"debug":        section{"addr": debug, "prometheus": section{"enabled": true}},
		},
		"health": section{"storagedriver": section{"enabled": o.health, "interval": "200ms", "threshold": 1}},
	}
}

func writeConfig(t testing.TB, config section) string {
	t.Helper()
	text, err := yaml.Marshal(config)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path
}

// freePort is one that nobody listens on. For the servers that can't be told to choose.
func freePort(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, port, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return port
}

// get is status and body of a page, of the debug server for example; 0 if there is no answer.
func get(t testing.TB, url string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}
