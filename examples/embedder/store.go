package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// Where things are stored.
const (
	contents = "/contents"
	uploads  = "/uploads"
)

// store keeps contents by their SHA-256.
type store struct {
	driver storagedriver.StorageDriver
}

// put stores what r gives. It becomes visible under its digest at once and as a whole, or not at all.
func (s *store) put(ctx context.Context, r io.Reader) (digest string, err error) {
	upload := path.Join(uploads, rand.Text())
	w, err := s.driver.Writer(ctx, upload, false)
	if err != nil {
		return "", fmt.Errorf("beginning %s: %w", upload, err)
	}
	hash := sha256.New()
	_, err = io.Copy(io.MultiWriter(w, hash), r)
	if err == nil {
		err = w.Commit(ctx) // nil only if all of it is stored
	}
	if err != nil {
		return "", errors.Join(fmt.Errorf("storing %s: %w", upload, err), w.Cancel(ctx))
	}
	if err := w.Close(); err != nil {
		return "", fmt.Errorf("closing %s: %w", upload, err)
	}
	digest = hex.EncodeToString(hash.Sum(nil))
	if err := s.driver.Move(ctx, upload, path.Join(contents, digest)); err != nil {
		return "", fmt.Errorf("publishing %s: %w", digest, err)
	}
	return digest, nil
}

// get writes a content. A download that breaks off is resumed by the driver.
func (s *store) get(ctx context.Context, digest string, output io.Writer) error {
	r, err := s.driver.Reader(ctx, path.Join(contents, digest), 0)
	if err != nil {
		return fmt.Errorf("opening %s: %w", digest, err)
	}
	defer r.Close() //nolint:errcheck // only read
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(output, hash), r); err != nil {
		return fmt.Errorf("reading %s: %w", digest, err)
	}
	if got := hex.EncodeToString(hash.Sum(nil)); got != digest {
		return fmt.Errorf("%s has the content of %s", digest, got)
	}
	return nil
}

// list gives all digests; none if nothing was ever stored.
func (s *store) list(ctx context.Context) ([]string, error) {
	paths, err := s.driver.List(ctx, contents)
	var absent storagedriver.PathNotFoundError
	switch {
	case errors.As(err, &absent):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("listing %s: %w", contents, err)
	}
	digests := make([]string, len(paths))
	for i, p := range paths {
		digests[i] = path.Base(p)
	}
	return digests, nil
}
