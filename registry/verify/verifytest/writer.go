package verifytest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// Writer stores files as the old driver did: created empty, then appended to.
type Writer interface {
	// Create makes an empty file, in place of one that is there.
	Create(ctx context.Context, path string) error
	// Append sends a block, without saying where it belongs, and sends it again
	// for as long as the answer is lost, which is so many times.
	Append(ctx context.Context, path string, block []byte, lost int) error
}

// errLost is what a client sees of a request whose answer never came.
var errLost = errors.New("connection reset by peer")

// driverWriter appends to the files of any storage driver.
type driverWriter struct{ driver storagedriver.StorageDriver }

// NewWriter returns an old-style writer over any driver that can append to a
// committed file, as filesystem and inmemory can.
func NewWriter(driver storagedriver.StorageDriver) Writer { return driverWriter{driver} }

func (w driverWriter) Create(ctx context.Context, path string) error {
	return w.driver.PutContent(ctx, path, nil)
}

func (w driverWriter) Append(ctx context.Context, path string, block []byte, lost int) error {
	for {
		err := w.send(ctx, path, block, &lost)
		if !errors.Is(err, errLost) {
			return err
		}
	}
}

// send carries the request out, and then may lose the answer.
func (w driverWriter) send(ctx context.Context, path string, block []byte, lost *int) error {
	file, err := w.driver.Writer(ctx, path, true)
	if err != nil {
		return fmt.Errorf("appending to %s: %w", path, err)
	}
	_, err = file.Write(block)
	if err := errors.Join(err, file.Commit(ctx), file.Close()); err != nil {
		return fmt.Errorf("appending %d bytes to %s: %w", len(block), path, err)
	}
	if *lost > 0 {
		*lost--
		return errLost
	}
	return nil
}

// mustNot fails the test on an error.
func mustNot(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
