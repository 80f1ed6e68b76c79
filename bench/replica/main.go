package replica

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

// Started is the first line that a serving replica prints.
type Started struct{ URL string }

// Report is the last line that a replica prints.
type Report struct {
	Took       time.Duration // by the task
	CPU        time.Duration // of the process, user and system
	PeakMemory int64         // bytes resident at most
}

// Main is a replica's process. It reads one Job from standard input, and prints
// a Report when the job is done; Serve ends when standard input does.
func Main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	commands := bufio.NewReader(in)
	line, err := commands.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("replica: reading the job: %w", err)
	}
	var job Job
	if err := json.Unmarshal(line, &job); err != nil {
		return fmt.Errorf("replica: reading the job: %w", err)
	}
	began := time.Now()
	if job.Task == Serve {
		err = serve(job, commands, out)
	} else {
		err = Do(context.Background(), job)
	}
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(needed(time.Since(began)))
}

// serve is the registry on a free port of the loopback interface.
func serve(job Job, until io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	server := &http.Server{Handler: Handler(ctx, job), ReadHeaderTimeout: time.Minute, ConnState: narrow(job.NarrowLink)}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	if err := json.NewEncoder(out).Encode(Started{URL: "http://" + listener.Addr().String()}); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, until)
	_ = server.Close()
	if err := <-served; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// SocketBuffer is what the sockets of a narrow link between client and registry hold,
// in bytes: what is under way at 100 MB/s and 1 ms (Linux doubles it).
const SocketBuffer = 64 << 10

// narrow limits what a connection takes in before the registry reads it.
func narrow(on bool) func(net.Conn, http.ConnState) {
	if !on {
		return nil
	}
	return func(conn net.Conn, state http.ConnState) {
		if tcp, ok := conn.(*net.TCPConn); ok && state == http.StateNew {
			_ = tcp.SetReadBuffer(SocketBuffer) // a link that holds more is no failure
		}
	}
}
