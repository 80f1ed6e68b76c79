package clients

import (
	"bufio"
	"context"
	"encoding/json"
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

// patience bounds each wait for something that has to happen.
const patience = time.Minute

// server is a running registry.
type server struct {
	binary, config string
	address        string // host and port, as an image's name begins
	storage        string // the root directory, if it is the filesystem's
}

// settings are what differs between the registries of different tests: YAML, in place of
// and behind the defaults.
type settings struct {
	storage string // a driver's section; the filesystem's if empty
	more    string // whole top-level sections
}

const configuration = `
version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage:
  %s
  delete: {enabled: true}
  redirect: {disable: true}
http: {addr: 127.0.0.1:0, secret: of a test}
%s
`

// start starts the binary that REGISTRY names, and stops it when the test ends.
func start(t *testing.T, s settings) *server {
	t.Helper()
	binary := os.Getenv("REGISTRY")
	require.NotEmpty(t, binary, "REGISTRY names the binary; `make clients` sets it")
	r := &server{binary: binary, config: filepath.Join(t.TempDir(), "config.yml")}
	if s.storage == "" {
		r.storage = t.TempDir()
		s.storage = fmt.Sprintf("filesystem: {rootdirectory: %q}", r.storage)
	}
	text := fmt.Sprintf(configuration, s.storage, s.more)
	require.NoError(t, os.WriteFile(r.config, []byte(text), 0o600))

	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, "serve", r.config)
	cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	log, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	listening, ended := make(chan string, 1), make(chan string, 1)
	go func() { ended <- follow(bufio.NewScanner(log), listening) }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		all := <-ended
		_ = cmd.Wait() // ended by our signal
		if t.Failed() {
			t.Logf("the registry's log:\n%s", all)
		}
	})
	select {
	case r.address = <-listening:
	case <-time.After(patience):
		require.FailNow(t, "the registry doesn't listen")
	}
	return r
}

var listens = regexp.MustCompile(`msg="listening on ([^"]+)"`)

// follow reads a log to its end, and tells the address once it is in it.
func follow(log *bufio.Scanner, listening chan<- string) string {
	var all strings.Builder
	for log.Scan() {
		fmt.Fprintln(&all, log.Text())
		if match := listens.FindStringSubmatch(log.Text()); match != nil {
			listening <- match[1]
		}
	}
	return all.String()
}

// image is the name of an image in this registry.
func (r *server) image(name string) string { return r.address + "/" + name }

// url is that of a page below /v2/.
func (r *server) url(format string, arguments ...any) string {
	return "http://" + r.address + "/v2/" + fmt.Sprintf(format, arguments...)
}

// run runs a command of the registry that has to succeed, and returns what it wrote.
func (r *server) run(t *testing.T, arguments ...string) string {
	t.Helper()
	return run(t, nil, r.binary, append(arguments, r.config)...)
}

// clean requires that verify finds nothing, neither by sizes and structure nor by bytes,
// and that it looked at so many manifests at least.
func (r *server) clean(t *testing.T, manifests int) {
	t.Helper()
	for _, depth := range []string{"--quick", "--full"} {
		report := r.run(t, "verify", depth, "--format", "json")
		for line := range strings.Lines(report) {
			var entry struct {
				Type      string
				Manifests int
			}
			require.NoError(t, json.Unmarshal([]byte(line), &entry), line)
			require.NotEqual(t, "finding", entry.Type, "verify %s: %s", depth, line)
			if entry.Type == "summary" {
				require.GreaterOrEqual(t, entry.Manifests, manifests, "verify %s: %s", depth, line)
				t.Logf("verify %s: %s", depth, strings.TrimSpace(line))
			}
		}
		require.Contains(t, report, `"summary"`)
	}
}

// run runs a program that has to succeed, and returns its standard output.
func run(t *testing.T, env []string, program string, arguments ...string) string {
	t.Helper()
	output, err := attempt(t, env, program, arguments...)
	require.NoError(t, err)
	return output
}

// attempt runs a program; the error has what it wrote.
func attempt(t *testing.T, env []string, program string, arguments ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...)
	cmd.Env = append(os.Environ(), env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%s %s: %w\n%s%s", filepath.Base(program), strings.Join(arguments, " "), err, output, stderr.String())
	}
	return string(output), err
}
