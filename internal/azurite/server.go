package azurite

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

const (
	// Account is the only storage account of every server.
	Account = "devstoreaccount1"

	// Key is the account's shared key. Azurite's documentation publishes it: it is no secret.
	Key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)

const (
	// startTimeout bounds the time between starting the process and its listening.
	startTimeout = time.Minute

	// stopTimeout bounds the time a server has to save its data; it is longer than the
	// patience in exit-with-parent.cjs.
	stopTimeout = 15 * time.Second
)

// Server is a running Azurite blob service. Its fields are set by [Start] and must not be
// changed. All methods may be called concurrently.
type Server struct {
	URL     string // of the account, as in http://127.0.0.1:10000/devstoreaccount1
	Account string // always the constant Account
	Key     string // always the constant Key

	CertPool   *x509.CertPool // the CA that signed the server's certificate; nil without HTTPS
	CACertFile string         // the same CA as a PEM file that exists until Stop; "" without HTTPS

	cmd     *exec.Cmd
	stdin   io.Closer     // see exit-with-parent.cjs
	exited  chan struct{} // closed when the process has ended
	exitErr error         // its end, valid once exited is closed
	keep    bool          // the data must survive: shut down in good order
	scratch string        // a folder of our own, removed at the end; "" if not needed

	stop sync.Once
}

// Start starts a server and returns once it accepts requests. It calls [Install] first.
// ctx bounds the start only; the server runs until Stop, or until this process ends.
func Start(ctx context.Context, opts Options) (*Server, error) {
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("azurite: %w", err)
	}
	if err := Install(ctx); err != nil {
		return nil, err
	}
	s := &Server{
		Account: Account,
		Key:     Key,
		exited:  make(chan struct{}),
		keep:    opts.Dir != "",
	}
	if opts.needsScratch() {
		var err error
		if s.scratch, err = os.MkdirTemp("", "azurite-"); err != nil {
			return nil, fmt.Errorf("azurite: %w", err)
		}
	}
	if err := s.start(ctx, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("azurite: starting: %w", err), s.removeScratch())
	}
	return s, nil
}

func (s *Server) start(ctx context.Context, opts Options) error {
	var cert certificate
	if opts.HTTPS {
		var err error
		if cert, err = newCertificate(s.scratch); err != nil {
			return fmt.Errorf("making a certificate: %w", err)
		}
		s.CertPool, s.CACertFile = cert.pool, cert.caFile
	}

	cmd, err := command(opts, s.scratch, cert)
	if err != nil {
		return err
	}
	s.cmd = cmd
	if s.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out := newOutput(opts.Log)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		s.exitErr = cmd.Wait()
		close(s.exited)
	}()
	return s.awaitAddress(ctx, out)
}

// awaitAddress waits until the process says that it listens, and where.
func (s *Server) awaitAddress(ctx context.Context, out *output) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	select {
	case address := <-out.address:
		s.URL = address + "/" + Account
		return nil
	case <-s.exited:
		return fmt.Errorf("the process ended: %w\n%s", s.exitErr, out.text())
	case <-ctx.Done():
		killGroup(s.cmd.Process)
		<-s.exited
		return fmt.Errorf("%w\n%s", context.Cause(ctx), out.text())
	}
}

// Stop ends the server and waits for its end. With [Options.Dir] the data is saved first,
// and an error means that it may not have been. A second call does nothing and returns nil.
func (s *Server) Stop() error {
	var err error
	s.stop.Do(func() {
		err = errors.Join(s.shutDown(), s.removeScratch())
	})
	return err
}

func (s *Server) shutDown() error {
	if !s.keep {
		killGroup(s.cmd.Process)
		<-s.exited
		return nil
	}
	if err := s.stdin.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
		return fmt.Errorf("azurite: asking the server to stop: %w", err)
	}
	timeout := time.NewTimer(stopTimeout)
	defer timeout.Stop()
	select {
	case <-s.exited:
	case <-timeout.C:
		killGroup(s.cmd.Process)
		<-s.exited
	}
	if s.exitErr != nil {
		return fmt.Errorf("azurite: stopping: %w", s.exitErr)
	}
	return nil
}

func (s *Server) removeScratch() error {
	if s.scratch == "" {
		return nil
	}
	return os.RemoveAll(s.scratch)
}
