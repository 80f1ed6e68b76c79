package replica

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// Process is a replica that serves.
type Process struct {
	URL string // of the registry

	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
}

// Start runs the binary with the task Serve, and returns once it listens. The
// process ends with ctx at the latest.
func Start(ctx context.Context, binary string, job Job) (*Process, error) {
	job.Task = Serve
	p, err := start(ctx, binary, job)
	if err != nil {
		return nil, err
	}
	var started Started
	if err := p.read(&started); err != nil {
		_ = p.cmd.Cancel()
		_ = p.cmd.Wait()
		return nil, err
	}
	p.URL = started.URL
	return p, nil
}

// Stop ends the replica and returns what it needed.
func (p *Process) Stop() (Report, error) {
	_ = p.stdin.Close()
	return p.report()
}

// Run runs the binary with any other task until it is done.
func Run(ctx context.Context, binary string, job Job) (Report, error) {
	p, err := start(ctx, binary, job)
	if err != nil {
		return Report{}, err
	}
	return p.report()
}

func start(ctx context.Context, binary string, job Job) (*Process, error) {
	cmd := exec.CommandContext(ctx, binary)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("replica: %w", err)
	}
	p := &Process{cmd: cmd, stdin: stdin, out: bufio.NewReader(stdout)}
	if err := json.NewEncoder(stdin).Encode(job); err != nil {
		return nil, fmt.Errorf("replica: giving the job: %w", err)
	}
	return p, nil
}

func (p *Process) report() (Report, error) {
	var r Report
	readErr := p.read(&r)
	if err := p.cmd.Wait(); err != nil {
		return r, fmt.Errorf("replica: %w", err)
	}
	return r, readErr
}

func (p *Process) read(into any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("replica: no answer: %w", err)
	}
	return json.Unmarshal(line, into)
}
