// Command withazurite runs a command with an Azurite blob service beside it.
//
//	withazurite [-https] go test ./...
//
// With -https the service is as upstream's own driver tests want it, and its
// certificate is one of those that Go programs trust where they look into
// folders for them. It keeps its data in a temporary folder and holds one empty
// container. The command finds it through the environment variables that
// upstream's azure driver tests use; if they already name a storage account,
// that one is used and none is started.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
)

const container = "driver-tests"

func main() {
	https := flag.Bool("https", false, "serve HTTPS, and tell upstream's driver to trust it")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: withazurite [-https] COMMAND [ARGUMENT ...]")
		os.Exit(2)
	}
	if err := run(context.Background(), *https, flag.Args()); err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			os.Exit(max(1, failed.ExitCode()))
		}
		fmt.Fprintln(os.Stderr, "withazurite:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, https bool, command []string) (err error) {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // to run a given command is what this is for
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv("AZURE_STORAGE_ACCOUNT_NAME") != "" {
		return cmd.Run()
	}
	server, err := azurite.Start(ctx, azurite.Options{HTTPS: https})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	if err := server.CreateContainer(ctx, container); err != nil {
		return err
	}
	cmd.Env = append(os.Environ(),
		"AZURE_STORAGE_ACCOUNT_NAME="+server.Account,
		"AZURE_STORAGE_ACCOUNT_KEY="+server.Key,
		"AZURE_STORAGE_CONTAINER="+container,
		"AZURE_SERVICE_URL="+server.URL,
	)
	if https {
		cmd.Env = append(cmd.Env, "AZURE_STORAGE_CREDENTIALS_TYPE=shared_key", "AZURE_SKIP_VERIFY=true",
			"SSL_CERT_DIR="+filepath.Dir(server.CACertFile)+string(filepath.ListSeparator)+trusted())
	}
	return cmd.Run()
}

// trusted are the folders of the certificates that are trusted anyway.
// Unless they are named, they are those of crypto/x509 on Linux.
func trusted() string {
	return cmp.Or(os.Getenv("SSL_CERT_DIR"), "/etc/ssl/certs:/etc/pki/tls/certs")
}
