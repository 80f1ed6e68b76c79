package registrytest

import (
	"context"
	"io"
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

// patience bounds every wait for something that has to happen.
const patience = time.Minute

// logTail is how many lines of the registry's log a failing test shows.
const logTail = 60

// Section is a part of the registry's configuration.
type Section map[string]any

// Options are what differs between the registries of different tests.
type Options struct {
	Azure Section  // storage.azure
	Env   []string // in addition to a clean environment
}

// Registry is a running registry.
type Registry struct {
	Address string  // host and port, as an image's name begins
	Log     *Output // standard error
	Stdout  *Output

	cmd    *exec.Cmd
	exited chan struct{}
	err    error // of the process, valid once exited is closed
}

// Start starts the binary, waits until it listens, and stops it when the test ends. A test
// that fails shows the end of its log.
func Start(t testing.TB, o Options) *Registry {
	t.Helper()
	r := &Registry{Log: new(Output), Stdout: new(Output), exited: make(chan struct{})}
	folder := t.TempDir()
	config := filepath.Join(folder, "config.yml")
	text, err := yaml.Marshal(configuration(o))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, text, 0o600))

	r.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), binary(t), "serve", config)
	r.cmd.Dir = folder
	r.cmd.Env = append([]string{"OTEL_TRACES_EXPORTER=none", "GORACE=halt_on_error=1", "HOME=" + folder}, o.Env...)
	r.cmd.Stdout, r.cmd.Stderr = r.Stdout, r.Log
	require.NoError(t, r.cmd.Start())
	go func() {
		r.err = r.cmd.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() {
		r.Stop(t)
		if t.Failed() {
			t.Logf("the end of the registry's log:\n%s", r.Log.Tail(logTail))
		}
	})
	r.Address = r.Log.Await(t, `msg="listening on ([^"]+)"`)
	return r
}

// configuration is a whole one.
func configuration(o Options) Section {
	return Section{
		"version": 0.1,
		"log":     Section{"level": "info", "accesslog": Section{"disabled": true}},
		"storage": Section{
			"azure":       o.Azure,
			"delete":      Section{"enabled": true},
			"redirect":    Section{"disable": true},
			"maintenance": Section{"uploadpurging": Section{"enabled": false}},
		},
		"http": Section{
			"addr":         "127.0.0.1:0",
			"secret":       "the same for all replicas",
			"draintimeout": "5s",
		},
	}
}

// Stop ends the process and waits for its end. It complains if that had come before, as
// after a data race. A second call does nothing.
func (r *Registry) Stop(t testing.TB) {
	t.Helper()
	if r.cmd == nil {
		return
	}
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
	r.cmd = nil
}

// URL is that of the registry.
func (r *Registry) URL() string { return "http://" + r.Address }

// Get is status and body of a page.
func Get(ctx context.Context, url string) (int, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}
