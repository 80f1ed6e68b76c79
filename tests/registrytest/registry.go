package registrytest

import (
	"context"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	// Patience bounds every wait for something that has to happen.
	Patience = time.Minute
	// Tick is how often to look whether it has.
	Tick = 20 * time.Millisecond
	// logTail is how many lines of the registry's log a failing test shows.
	logTail = 60
)

// Registry is a running registry.
type Registry struct {
	Address string  // host and port, as an image's name begins
	Debug   string  // URL of the debug server
	Config  string  // path of the configuration
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
	debug := "127.0.0.1:" + FreePort(t)
	r := &Registry{
		Debug:  "http://" + debug,
		Config: WriteConfig(t, Configuration(o, debug)),
		Log:    new(Output),
		Stdout: new(Output),
		exited: make(chan struct{}),
	}
	arguments := []string{"serve", r.Config}
	if o.Arguments != nil {
		arguments = o.Arguments(r.Config)
	}
	path := o.Binary
	if path == "" {
		path = binary(t)
	}
	r.cmd = command(t, path, o.Env, arguments)
	r.cmd.Stdout, r.cmd.Stderr = r.Stdout, r.Log
	require.NoError(t, r.cmd.Start())
	go func() {
		r.err = r.cmd.Wait()
		close(r.exited)
	}()
	t.Cleanup(func() { r.stop(t) })
	r.Address = r.Log.Await(t, `msg="listening on ([^"]+)"`)
	return r
}

// stop ends the process and waits for its end. It complains if that had come before, as
// after a data race.
func (r *Registry) stop(t testing.TB) {
	t.Helper()
	select {
	case <-r.exited:
		t.Errorf("the registry ended by itself: %v", r.err)
	default:
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
	}
	select {
	case <-r.exited:
	case <-time.After(Patience):
		t.Error("the registry doesn't stop")
		_ = r.cmd.Process.Kill()
		<-r.exited
	}
	if t.Failed() {
		t.Logf("the end of the registry's log:\n%s", r.Log.Tail(logTail))
	}
}

// PID is the process.
func (r *Registry) PID() int { return r.cmd.Process.Pid }

// URL is that of the registry.
func (r *Registry) URL() string { return "http://" + r.Address }

// Command is the binary with arguments, in an environment without anybody's settings. Tests
// that run out of time still end it.
func Command(t testing.TB, env []string, arguments ...string) *exec.Cmd {
	t.Helper()
	return command(t, binary(t), env, arguments)
}

func command(t testing.TB, path string, env, arguments []string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), path, arguments...)
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{"OTEL_TRACES_EXPORTER=none", "GORACE=halt_on_error=1", "HOME=" + cmd.Dir}, env...)
	return cmd
}
